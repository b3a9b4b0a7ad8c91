namespace Concord.Gossip;

/// <summary>
/// Events are ordered by Lamport time (Lamport 1978) and told once: the last times are remembered, what is older is refused
/// because it can no longer be told from a repetition.
/// </summary>
internal sealed class UserEvents(CoreState state)
{
    /// <summary>Lamport times that are remembered.</summary>
    public const int Window = 512;

    /// <summary>Different events of one Lamport time: each needs a member of its own that sends at the same moment.</summary>
    private const int PerTimeMax = 64;

    /// <summary>How far one message may move the clock: a made-up time must not use it up.</summary>
    private const ulong StepMax = uint.MaxValue;

    private List<GossipMessage.UserEvent>?[] _seen = [];

    /// <summary>The time of the next event from here.</summary>
    public ulong Clock { get; private set; }

    public void Send(string name, ReadOnlyMemory<byte> payload) => Take(new(Clock, state.Name, name, payload));

    public void Received(GossipMessage.UserEvent happened)
    {
        bool tooOld = happened.Time + Window < Clock;
        bool tooNew = happened.Time > Clock && happened.Time - Clock > StepMax;
        if (tooOld || tooNew)
        {
            state.Counters.UserEventsRefused++;
            return;
        }

        Take(happened);
    }

    public void Witness(ulong clock)
    {
        if (clock > Clock && clock - Clock <= StepMax && clock <= GossipMessage.UserEvent.TimeMax)
        {
            Clock = clock;
        }
    }

    private void Take(GossipMessage.UserEvent happened)
    {
        if (_seen.Length == 0)
        {
            _seen = new List<GossipMessage.UserEvent>?[Window];
        }

        int at = (int)(happened.Time % Window);
        var sameTime = _seen[at];
        if (sameTime is null || sameTime[0].Time != happened.Time)
        {
            _seen[at] = [happened];
        }
        else if (sameTime.Exists(happened.Repeats))
        {
            return;
        }
        else if (sameTime.Count == PerTimeMax)
        {
            state.Counters.UserEventsRefused++;
            return;
        }
        else
        {
            sameTime.Add(happened);
        }

        Witness(happened.Time + 1);
        state.UserRumours.Add(happened, null);
        state.Tell(new GossipEvent.UserEventReceived(happened));
    }
}
