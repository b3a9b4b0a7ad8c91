using System.Threading.Tasks.Sources;
using Concord.Mvcc;
using Concord.Node;
using Concord.Raft;

namespace Concord.Server.Replica;

internal enum RequestKind : byte
{
    Propose,
    KeepAlive,
    TimeToLive,
    Read,
    Change,
}

/// <summary>A change of who belongs to the cluster, or of what is known about its members.</summary>
internal sealed record MembershipCall(
    IReadOnlyList<MemberChange> Changes, JointMode Mode, IReadOnlyDictionary<MemberId, MemberInfo> Info);

/// <summary>One call on its way through the replica, from the caller's thread to the loop and back.</summary>
internal abstract class ReplicaRequest
{
    public RequestKind Kind { get; protected set; }

    /// <summary>When the caller is told that the fate of the call is unknown, by the replica's clock.</summary>
    public long Deadline { get; set; }

    /// <summary>The encoded command of a proposal.</summary>
    public ReadOnlyMemory<byte> Command { get; protected set; }

    public LeaseId Lease { get; protected set; }

    public MembershipCall? Change { get; init; }

    /// <summary>Completes the call with what was set before, and runs what waited for it. Never within a turn of the loop.</summary>
    public abstract void Complete();

    public abstract void SetFailure(ReplicaException failure);
}

/// <summary>
/// A call with an answer of type <typeparamref name="T"/>, pooled: a put makes no garbage for waiting. The continuation
/// runs on the thread that calls <see cref="Complete"/>, which is the completion pump's, many in a row: one wake-up of a
/// thread for a batch of answers instead of one for each.
/// </summary>
internal sealed class ReplicaRequest<T> : ReplicaRequest, IValueTaskSource<T>
{
    /// <summary>Enough for the calls that are usually under way; the rest is garbage.</summary>
    private const int PooledMax = 1024;

    private static readonly Stack<ReplicaRequest<T>> Pool = new();
    private static readonly Lock PoolLock = new();

    private ManualResetValueTaskSourceCore<T> _core;
    private CancellationTokenRegistration _cancellation;
    private int _isCompleted;

    /// <summary>Never used again.</summary>
    private bool _isAbandoned;
    private T _result = default!;
    private ReplicaException? _failure;

    private ReplicaRequest()
    {
    }

    /// <summary>Changes of membership are rare: not pooled.</summary>
    public static ReplicaRequest<T> Of(MembershipCall change) => new() { Kind = RequestKind.Change, Change = change, _isAbandoned = true };

    public static ReplicaRequest<T> Rent(RequestKind kind, ReadOnlyMemory<byte> command, LeaseId lease)
    {
        ReplicaRequest<T>? request;
        lock (PoolLock)
        {
            Pool.TryPop(out request);
        }

        request ??= new();
        request.Kind = kind;
        request.Command = command;
        request.Lease = lease;
        return request;
    }

    /// <summary>What the caller awaits, once. Call before the request is handed over.</summary>
    public ValueTask<T> WaitAsync(CancellationToken cancellation)
    {
        var task = new ValueTask<T>(this, _core.Version);
        if (cancellation.CanBeCanceled)
        {
            _cancellation = cancellation.UnsafeRegister(static (request, token) => ((ReplicaRequest<T>)request!).Cancel(token), this);
        }

        return task;
    }

    public void SetResult(T result) => _result = result;

    public override void SetFailure(ReplicaException failure) => _failure = failure;

    public override void Complete()
    {
        if (Interlocked.Exchange(ref _isCompleted, 1) != 0)
        {
            return;
        }

        if (_failure is not null)
        {
            _core.SetException(_failure);
        }
        else
        {
            _core.SetResult(_result);
        }
    }

    T IValueTaskSource<T>.GetResult(short token)
    {
        // Waits for a cancellation that is running, so that it cannot hit the next user of this object.
        _cancellation.Dispose();
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Return();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken token)
    {
        if (Interlocked.Exchange(ref _isCompleted, 1) == 0)
        {
            // The replica still holds this object and will answer it, so it must not be used again.
            _isAbandoned = true;
            _core.SetException(new OperationCanceledException(token));
        }
    }

    private void Return()
    {
        if (_isAbandoned)
        {
            return;
        }

        _core.Reset();
        _cancellation = default;
        _isCompleted = 0;
        _result = default!;
        _failure = null;
        Command = default;
        lock (PoolLock)
        {
            if (Pool.Count < PooledMax)
            {
                Pool.Push(this);
            }
        }
    }
}
