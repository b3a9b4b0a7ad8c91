using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;
using Concord.Server.Replica;

namespace Concord.Server.Configs;

/// <summary>
/// The verbs of the store that this slice stands on. Given as functions, so that the slice runs on the replica of this
/// process, on a bare key space in tests, or on another engine with the same verbs.
/// </summary>
internal sealed class ConfigStore
{
    private DocumentCache _documents = new();

    /// <summary>Null: the server itself, which may do everything here.</summary>
    private Identity? _identity;

    /// <summary>Whom requests are checked for; nobody in particular while access is not checked.</summary>
    private sealed record Identity(Caller? Caller);

    /// <summary>A view that holds every write acknowledged before the call.</summary>
    public required Func<CancellationToken, ValueTask<KeySpaceView>> Read { get; init; }

    /// <summary>The newest applied view, at once.</summary>
    public required Func<KeySpaceView> View { get; init; }

    public required Func<Command, CancellationToken, ValueTask<CommandResult>> Propose { get; init; }

    public required Func<WatchStream> OpenWatch { get; init; }

    /// <summary>The name of this member, for the list of instances.</summary>
    public required Func<string> MemberName { get; init; }

    /// <summary>Completes when users or rights become others than those of now.</summary>
    public Func<Task> AuthChange { get; init; } = static () => Task.Delay(Timeout.InfiniteTimeSpan);

    /// <summary>The store as one caller may use it.</summary>
    public ConfigStore For(Caller? caller) => new()
    {
        Read = Read,
        View = View,
        Propose = Propose,
        OpenWatch = OpenWatch,
        MemberName = MemberName,
        AuthChange = AuthChange,
        _documents = _documents,
        _identity = new(caller),
    };

    /// <summary>What the caller may do in a state.</summary>
    /// <exception cref="ConfigException">Who it is, is not accepted.</exception>
    public ConfigRights Rights(KeySpaceView view)
    {
        if (_identity is null || !view.Auth.IsEnabled)
        {
            return ConfigRights.Everything;
        }

        var error = view.Auth.Identify(_identity.Caller, out var rights);
        return error == StoreError.None ? new(rights!) : throw ConfigRights.Refused(error);
    }

    /// <summary>Who did it: a known user by its name, whatever else it said of itself.</summary>
    public string AuthorOf(string given) => _identity?.Caller?.User is not { } user ? given
        : given.Length == 0 || given == user ? user
        : $"{given} (as {user})";

    public static ConfigStore Of(LocalReplica replica) => new()
    {
        Read = replica.ReadAsync,
        View = () => replica.View,
        Propose = replica.ProposeAsync,
        OpenWatch = () => replica.Watches.OpenStream(),
        MemberName = () => replica.Status.MemberName,
        AuthChange = () => replica.AuthChange,
    };

    public ConfigState State() => State(View());

    public ConfigState State(KeySpaceView view) => new(view, _documents, Rights(view));

    public async ValueTask<ConfigState> ReadAsync(CancellationToken cancellation)
    {
        var read = Read(cancellation);
        if (read.IsCompleted)
        {
            return State(await read);
        }

        var view = await read;

        // The replica's answers come on a thread that has other answers to give; planning and resolving take a while.
        await Task.Yield();
        return State(view);
    }

    /// <summary>
    /// For serving configuration: the newest state if it can be known, else what this member has. Services must be able
    /// to start while the cluster has no leader; a configuration that may be seconds old is better than none.
    /// </summary>
    public async ValueTask<ConfigState> ReadToServeAsync(CancellationToken cancellation)
    {
        try
        {
            return await ReadAsync(cancellation);
        }
        catch (ReplicaException e) when (e.Failure is ReplicaFailure.NoLeader or ReplicaFailure.TimedOut)
        {
            return State();
        }
    }

    /// <summary>Runs a transaction; its revision, or null if a comparison failed.</summary>
    /// <param name="required">What the caller must be allowed, looked at again at the moment of writing.</param>
    /// <exception cref="ConfigException">It is not allowed any more.</exception>
    public async ValueTask<long?> TryWriteAsync(TransactionOperation transaction, IReadOnlyList<RequiredRight> required, CancellationToken cancellation)
    {
        var result = await WriteAsync(transaction, required, cancellation);
        return result.Result is TransactionResult { Succeeded: true } ? result.Revision : null;
    }

    /// <summary>As <see cref="TryWriteAsync"/>, for an operation that has nothing to compare.</summary>
    public async ValueTask<CommandResult> WriteAsync(Operation operation, IReadOnlyList<RequiredRight> required, CancellationToken cancellation)
    {
        var caller = _identity?.Caller is { } known ? known with { Required = required } : null;
        var result = await Propose(new WriteCommand(operation) { Caller = caller }, cancellation);
        return result.Error switch
        {
            StoreError.None => result,
            StoreError.PermissionDenied or StoreError.UserEmpty or StoreError.AuthOldRevision => throw ConfigRights.Refused(result.Error),
            var error => throw new InvalidOperationException($"The store refused a write: {error}."),
        };
    }
}
