using Concord.Node;
using Concord.Raft;

namespace Concord.Server.Replica;

/// <summary>A hand-over of leadership that somebody waits for. Of the replica's turns alone.</summary>
internal sealed class LeadershipHandOver(NodeCore node)
{
    private TaskCompletionSource<TransferResult?>? _waiting;
    private MemberId _target;

    /// <param name="done">
    /// Told <see cref="TransferResult.Started"/> when somebody else leads, null when the target did not take over in time, and
    /// what was wrong otherwise.
    /// </param>
    public void Start(MemberId target, TaskCompletionSource<TransferResult?> done)
    {
        _waiting?.TrySetResult(null);
        _waiting = null;
        _target = target.IsNone ? node.BestSuccessor : target;
        var result = node.Role != RaftRole.Leader ? TransferResult.NotLeader
            : _target.IsNone ? TransferResult.NotAVoter
            : node.TransferLeadership(_target);
        if (result == TransferResult.Started)
        {
            _waiting = done;
        }
        else
        {
            done.TrySetResult(result);
        }
    }

    /// <summary>After each turn.</summary>
    public void Look()
    {
        if (_waiting is null)
        {
            return;
        }

        if (!node.Leader.IsNone && node.Leader != node.Id)
        {
            Finish(TransferResult.Started);
        }
        else if (node.Role == RaftRole.Leader && node.TransferTarget != _target)
        {
            Finish(null);
        }
    }

    public void End() => Finish(null);

    private void Finish(TransferResult? result)
    {
        _waiting?.TrySetResult(result);
        _waiting = null;
    }
}
