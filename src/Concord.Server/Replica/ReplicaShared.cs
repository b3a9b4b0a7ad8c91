using Concord.Mvcc;
using Concord.Node;
using Concord.Raft;

namespace Concord.Server.Replica;

/// <summary>
/// What the replica's turns and the callers share: published facts in one direction, the inbox in the other.
/// </summary>
internal sealed class ReplicaShared(WatchHub watches, KeySpaceView view, long messageBytesMax, ReplicaLog events)
{
    private volatile KeySpaceView _view = view;
    private volatile ReplicaFacts _facts = ReplicaFacts.None;
    private int _pending;
    private long _pendingBytes;
    private volatile Exception? _failure;
    private TaskCompletionSource _authChange = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ReplicaInbox Inbox { get; } = new(messageBytesMax);

    public CompletionPump<ReplicaRequest> Pump { get; } = new(static request => request.Complete());

    public WatchHub Watches { get; } = watches;

    public KeySpaceView View => _view;

    public ReplicaFacts Facts => _facts;

    public bool HasFailed => _failure is not null;

    /// <summary>Completes with the reason when the replica cannot go on.</summary>
    public TaskCompletionSource<Exception> Failure { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the state is whole and calls can be served.</summary>
    public TaskCompletionSource Ready { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Pending => Volatile.Read(ref _pending);

    /// <summary>Counts a call in; false when the limit is reached.</summary>
    public bool TryReserve(int bytes, ReplicaOptions options)
    {
        var count = Interlocked.Increment(ref _pending);
        var total = Interlocked.Add(ref _pendingBytes, bytes);
        if (count <= options.PendingMax && (total <= options.PendingBytesMax || count == 1))
        {
            return true;
        }

        Release(bytes);
        return false;
    }

    public void Release(ReplicaRequest request) => Release(request.Command.Length);

    public void Publish(KeySpaceView view)
    {
        var before = _view;
        _view = view;
        Watches.Notify(view);
        if (!ReferenceEquals(before.Auth, view.Auth))
        {
            Interlocked.Exchange(ref _authChange, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }

    /// <summary>Completes when a view with other users or rights than those of now is published.</summary>
    public Task AuthChange => Volatile.Read(ref _authChange).Task;

    public void Publish(NodeCore node)
    {
        _facts = new(
            node.Leader.Value, node.Term.Value, node.CommitIndex.Value, node.AppliedIndex.Value, node.SizeBytes,
            node.IsLearner, node.IsSoleVoter, node.AppliedMembership, node.Applied);

        // With others the state is served as it is: whoever needs more waits for the leader by itself.
        if (node.IsLeading || node.Membership.Voters is not [var only] || only != node.Id)
        {
            Ready.TrySetResult();
        }
    }

    /// <summary>The replica cannot go on. The first reason counts.</summary>
    public void Fail(Exception error)
    {
        if (Interlocked.CompareExchange(ref _failure, error, null) is not null)
        {
            return;
        }

        events.Failed(error, error.Message);
        Failure.TrySetResult(error);
        Ready.TrySetException(error);
        Inbox.Stop();
    }

    private void Release(int bytes)
    {
        Interlocked.Decrement(ref _pending);
        Interlocked.Add(ref _pendingBytes, -bytes);
    }
}

/// <summary>Facts of one moment, published after each turn.</summary>
/// <param name="IsSoleVoter">This replica alone decides what is committed, and its state is whole.</param>
/// <param name="Membership">The committed one.</param>
internal sealed record ReplicaFacts(
    ulong LeaderId,
    long Term,
    long CommitIndex,
    long AppliedIndex,
    long SizeBytes,
    bool IsLearner,
    bool IsSoleVoter,
    Membership Membership,
    AppliedOperations Applied)
{
    public static ReplicaFacts None { get; } = new(0, 0, 0, 0, 0, false, false, Membership.Empty, default);
}
