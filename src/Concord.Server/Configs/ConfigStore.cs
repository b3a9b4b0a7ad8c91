using Concord.Mvcc;
using Concord.Server.Configs.Views;
using Concord.Server.Replica;

namespace Concord.Server.Configs;

/// <summary>
/// The verbs of the store that this slice stands on. Given as functions, so that the slice runs on the replica of this
/// process, on a bare key space in tests, or on another engine with the same verbs.
/// </summary>
internal sealed class ConfigStore
{
    private readonly DocumentCache _documents = new();

    /// <summary>A view that holds every write acknowledged before the call.</summary>
    public required Func<CancellationToken, ValueTask<KeySpaceView>> Read { get; init; }

    /// <summary>The newest applied view, at once.</summary>
    public required Func<KeySpaceView> View { get; init; }

    public required Func<Command, CancellationToken, ValueTask<CommandResult>> Propose { get; init; }

    public required Func<WatchStream> OpenWatch { get; init; }

    /// <summary>The name of this member, for the list of instances.</summary>
    public required Func<string> MemberName { get; init; }

    public static ConfigStore Of(LocalReplica replica) => new()
    {
        Read = replica.ReadAsync,
        View = () => replica.View,
        Propose = replica.ProposeAsync,
        OpenWatch = () => replica.Watches.OpenStream(),
        MemberName = () => replica.Status.MemberName,
    };

    public ConfigState State() => new(View(), _documents);

    public ConfigState State(KeySpaceView view) => new(view, _documents);

    public async ValueTask<ConfigState> ReadAsync(CancellationToken cancellation)
    {
        var read = Read(cancellation);
        if (read.IsCompleted)
        {
            return new(await read, _documents);
        }

        var view = await read;

        // The replica's answers come on a thread that has other answers to give; planning and resolving take a while.
        await Task.Yield();
        return new(view, _documents);
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
    public async ValueTask<long?> TryWriteAsync(TransactionOperation transaction, CancellationToken cancellation)
    {
        var result = await Propose(new WriteCommand(transaction), cancellation);
        return result switch
        {
            { IsOk: true, Result: TransactionResult { Succeeded: true } } => result.Revision,
            { IsOk: true } => null,
            _ => throw new InvalidOperationException($"The store refused a transaction: {result.Error}."),
        };
    }
}
