using Concord.Storage;

namespace Concord.Server.Peers;

/// <summary>How this member talks to the others. Each limit says why it is there.</summary>
internal sealed record PeerOptions
{
    public required MemberIdentity Identity { get; init; }

    /// <summary>Where this member tells the others to reach it.</summary>
    public required IReadOnlyList<string> AdvertiseUrls { get; init; }

    public required IReadOnlyList<Uri> ListenUrls { get; init; }

    /// <summary>Where this member gossips, for the others to find it; empty if it does not.</summary>
    public string GossipAddress { get; init; } = "";

    /// <summary>Tests make a member of an older or a newer program of it.</summary>
    public PeerVersions Versions { get; init; } = PeerVersions.Spoken;

    /// <summary>Listen also while this member is alone, so that others can be added.</summary>
    public bool ListensAlone { get; init; } = true;

    /// <summary>Null: clear text.</summary>
    public PeerTls? Tls { get; init; }

    /// <summary>
    /// Bytes that may wait for a connection. More than Raft keeps in flight to one follower; what comes on top is dropped, which
    /// Raft repeats. Calls are refused instead, so that their clients hear of it.
    /// </summary>
    public long QueueBytesMax { get; init; } = 32L << 20;

    /// <summary>Received bytes that may wait for the replica before a connection is not read from: TCP then slows the sender down.</summary>
    public long ReceivedBytesMax { get; init; } = 64L << 20;

    /// <summary>A host that is off answers nothing at all.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Hello and welcome are a round trip; with TLS three. Also the longest that a write to a dead host may hang.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The first pause before connecting again; it doubles, and a random half of it keeps members apart.</summary>
    public TimeSpan RetryMin { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Well below an election timeout, so that a member that is back is heard at once.</summary>
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Snapshots leave this much of the network and the disks to everything else.</summary>
    public long SnapshotBytesPerSecond { get; init; } = 128L << 20;

    /// <summary>How often a snapshot that broke off is taken up again before Raft is told that it failed.</summary>
    public int SnapshotAttempts { get; init; } = 5;
}
