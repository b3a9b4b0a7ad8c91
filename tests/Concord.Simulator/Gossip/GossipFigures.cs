namespace Concord.Simulator.Gossip;

/// <summary>What a run measured. Times are milliseconds.</summary>
internal sealed class GossipFigures
{
    private readonly Dictionary<int, Detection> _detections = [];

    public IReadOnlyCollection<Detection> Detections => _detections.Values;

    /// <summary>Deaths of members that were there and well, counted at each member that believed in one.</summary>
    public long FalseDeaths { get; set; }

    /// <summary>Those of them that were believed by members that were well themselves.</summary>
    public long FalseDeathsAtHealthy { get; set; }

    public HashSet<int> FalselyDead { get; } = [];

    /// <summary>Deaths of members that were held up, at each member that believed in one.</summary>
    public long SlowDeaths { get; set; }

    /// <summary>Deaths across a cut, while it lasts or after it.</summary>
    public long CutDeaths { get; set; }

    public long Suspicions { get; set; }

    public long Refutations { get; set; }

    public Traffic All { get; } = new();

    /// <summary>While nothing was happening but loss and slowness.</summary>
    public Traffic Calm { get; } = new();

    public long EventSent { get; set; } = -1;

    /// <summary>Members that were there when it was sent.</summary>
    public int EventMembers { get; set; }

    /// <summary>When the event reached each member that was there.</summary>
    public List<long> EventArrivals { get; } = [];

    /// <summary>From the end of all faults until all see the same; -1: not in time.</summary>
    public long AgreedAfter { get; set; } = -1;

    /// <summary>How many views were wrong at the last look.</summary>
    public long Disagreements { get; set; }

    public void Crashed(int member, long now, HashSet<int> observers) => _detections[member] = new(member, now, observers);

    public Detection? DetectionOf(int member) => _detections.GetValueOrDefault(member);

    /// <summary>How long the event took to a part of the members; -1: it never got there.</summary>
    public long EventReached(double part)
    {
        int needed = (int)Math.Ceiling(part * EventMembers);
        return EventArrivals.Count < needed ? -1 : EventArrivals[needed - 1] - EventSent;
    }
}

internal sealed class Traffic
{
    public long Packets { get; set; }

    public long PacketBytes { get; set; }

    public long Streams { get; set; }

    public long StreamBytes { get; set; }

    public void AddPacket(int bytes)
    {
        Packets++;
        PacketBytes += bytes;
    }

    public void AddStream(int bytes)
    {
        Streams++;
        StreamBytes += bytes;
    }
}

/// <summary>How a crash was found out.</summary>
/// <param name="observers">Members that are to find it out.</param>
internal sealed class Detection(int member, long crashed, HashSet<int> observers)
{
    public int Member => member;

    public long FirstSuspicion { get; private set; } = -1;

    public long FirstDeath { get; private set; } = -1;

    /// <summary>When the last observer believed it.</summary>
    public long LastDeath { get; private set; } = -1;

    public bool IsComplete => observers.Count == 0;

    public void Suspected(long now) => FirstSuspicion = FirstSuspicion < 0 ? now - crashed : FirstSuspicion;

    public void Believed(int observer, long now)
    {
        if (observers.Remove(observer))
        {
            FirstDeath = FirstDeath < 0 ? now - crashed : FirstDeath;
            LastDeath = now - crashed;
        }
    }

    /// <summary>One that should find it out is gone itself.</summary>
    public void ObserverGone(int observer) => observers.Remove(observer);
}
