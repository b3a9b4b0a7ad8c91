using System.Security.Cryptography;
using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Server.Registry.Planning;
using Concord.Server.Registry.Views;
using Concord.Server.Replica;

namespace Concord.Server.Registry;

/// <summary>
/// The verbs of the store that this slice stands on. Given as functions, so that the slice runs on the replica of this process, on
/// a bare key space in tests, or on another engine with the same verbs.
/// </summary>
internal sealed class RegistryStore
{
    /// <summary>Null: the server itself, which may do everything here.</summary>
    private Identity? _identity;

    /// <summary>Whom requests are checked for; nobody in particular while access is not checked.</summary>
    private sealed record Identity(Caller? Caller);

    /// <summary>A view that holds every write acknowledged before the call.</summary>
    public required Func<CancellationToken, ValueTask<KeySpaceView>> Read { get; init; }

    /// <summary>The newest applied view, at once.</summary>
    public required Func<KeySpaceView> View { get; init; }

    public required Func<Command, CancellationToken, ValueTask<CommandResult>> Propose { get; init; }

    /// <summary>Restarts a lease's count-down; its TTL in seconds, or 0 if there is no such lease.</summary>
    public required Func<LeaseId, CancellationToken, ValueTask<long>> KeepAlive { get; init; }

    public required Func<WatchStream> OpenWatch { get; init; }

    /// <summary>The name of this member among those that share health checks; unique.</summary>
    public required Func<string> Member { get; init; }

    /// <summary>This member leads, so it is the one that cleans up.</summary>
    public required Func<bool> Leads { get; init; }

    /// <summary>Completes when users or rights become others than those of now.</summary>
    public Func<Task> AuthChange { get; init; } = static () => Task.Delay(Timeout.InfiniteTimeSpan);

    public static RegistryStore Of(LocalReplica replica) => new()
    {
        Read = replica.ReadAsync,
        View = () => replica.View,
        Propose = replica.ProposeAsync,
        KeepAlive = replica.KeepAliveAsync,
        OpenWatch = () => replica.Watches.OpenStream(),
        Member = () => replica.Status.MemberId.ToString("x", System.Globalization.CultureInfo.InvariantCulture),
        Leads = () => replica.Status is { } status && status.LeaderId == status.MemberId,
        AuthChange = () => replica.AuthChange,
    };

    /// <summary>The store as one caller may use it.</summary>
    public RegistryStore For(Caller? caller) => new()
    {
        Read = Read,
        View = View,
        Propose = Propose,
        KeepAlive = KeepAlive,
        OpenWatch = OpenWatch,
        Member = Member,
        Leads = Leads,
        AuthChange = AuthChange,
        _identity = new(caller),
    };

    /// <summary>Who did it: a known user by its name, whatever else it said of itself.</summary>
    public string AuthorOf(string given) => _identity?.Caller?.User is not { } user ? given
        : given.Length == 0 || given == user ? user
        : $"{given} (as {user})";

    /// <summary>What the caller may do in a state.</summary>
    /// <exception cref="Model.RegistryException">Who it is, is not accepted.</exception>
    public RegistryRights Rights(KeySpaceView view)
    {
        if (_identity is null || !view.Auth.IsEnabled)
        {
            return RegistryRights.Everything;
        }

        var error = view.Auth.Identify(_identity.Caller, out var rights);
        return error == StoreError.None ? new(rights!) : throw RegistryRights.Refused(error);
    }

    public RegistryState State() => State(View());

    public RegistryState State(KeySpaceView view) => new(view, Rights(view));

    public async ValueTask<RegistryState> ReadAsync(CancellationToken cancellation)
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
    /// For callers of services: the newest state if it can be known, else what this member has. Services must find each other
    /// while the cluster has no leader.
    /// </summary>
    public async ValueTask<RegistryState> ReadToServeAsync(CancellationToken cancellation)
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

    /// <summary>Writes a plan; its revision, or null if the state has changed since it was made.</summary>
    /// <exception cref="Model.RegistryException">The caller is not allowed to, any more.</exception>
    public async ValueTask<long?> TryWriteAsync(RegistryPlan plan, CancellationToken cancellation)
    {
        var caller = _identity is null ? Caller.Server : _identity.Caller is { } known ? known with { Required = plan.Required } : null;
        var result = await Propose(new WriteCommand(plan.Transaction) { Caller = caller }, cancellation);
        return result.Error switch
        {
            StoreError.None => result.Result is TransactionResult { Succeeded: true } ? result.Revision : null,

            StoreError.LeaseNotFound => throw new Model.RegistryException(
                Model.RegistryErrorCode.Expired, "The time of what was to be registered was over before it could be written.", "", "Register it again."),
            StoreError.PermissionDenied or StoreError.UserEmpty or StoreError.AuthOldRevision => throw RegistryRights.Refused(result.Error),
            var error => throw new InvalidOperationException($"The store refused a write: {error}."),
        };
    }

    /// <summary>A new lease; it is the server's own, whomever it is for, so that it can be ended when nobody is there any more.</summary>
    public async ValueTask<LeaseId> GrantAsync(int ttlSeconds, CancellationToken cancellation)
    {
        while (true)
        {
            // Positive, so that it looks the same to clients in every language.
            var lease = new LeaseId(BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue);
            if (lease.IsNone)
            {
                continue;
            }

            var result = await Propose(new LeaseGrantCommand(lease, ttlSeconds) { Caller = Caller.Server }, cancellation);
            if (result.Error != StoreError.LeaseExists)
            {
                return result.IsOk ? lease : throw new InvalidOperationException($"The store refused a lease: {result.Error}.");
            }
        }
    }

    /// <summary>Ends a lease that nothing needs any more.</summary>
    public async ValueTask RevokeAsync(LeaseId lease, CancellationToken cancellation) =>
        await Propose(new LeaseRevokeCommand(lease) { Caller = Caller.Server }, cancellation);
}
