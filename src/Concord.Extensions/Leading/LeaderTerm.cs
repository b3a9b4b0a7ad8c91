using Concord.Client.Coordination;
using Concord.Client.Kv;

namespace Concord.Extensions.Leading;

/// <summary>The leadership that a leader-elected service runs under: a scoped service, so its constructor can ask for it.</summary>
public sealed class LeaderTerm
{
    /// <summary>Larger than that of every leader before; see <see cref="Grant.FencingToken"/>.</summary>
    public long FencingToken => Leadership.FencingToken;

    /// <summary>Fires before another instance can lead; see <see cref="Grant.Lost"/>. The service is stopped then, too.</summary>
    public CancellationToken Lost => Leadership.Lost;

    /// <summary>A condition for transactions that shall happen only while this instance leads.</summary>
    public KvCondition StillHeld => Leadership.StillHeld;

    /// <summary>The whole of it, to proclaim something.</summary>
    /// <exception cref="InvalidOperationException">Asked for outside of a leader-elected service.</exception>
    public Leadership Leadership
    {
        get => field ?? throw new InvalidOperationException("There is a LeaderTerm only within a service that was added with AddLeaderElected.");
        internal set;
    }
}
