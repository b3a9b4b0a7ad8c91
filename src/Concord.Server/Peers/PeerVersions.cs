namespace Concord.Server.Peers;

/// <summary>The versions of the peer protocol that a program speaks.</summary>
/// <param name="Oldest">
/// As long as it is the newest of the release before, members of both releases work together, and a cluster can be updated
/// one member at a time.
/// </param>
internal readonly record struct PeerVersions(int Oldest, int Newest)
{
    /// <summary>
    /// Spoken by this program. 1: Raft's messages and the calls that members bring to the leader. 2: hashes of the state too
    /// (<see cref="PeerMessage.StateHash"/>). 3: whoever stops takes leave (<see cref="PeerMessage.Leaving"/>).
    /// </summary>
    public static PeerVersions Spoken { get; } = new(1, 3);

    /// <summary>The newest version that both speak, or null.</summary>
    public int? CommonWith(PeerVersions other)
    {
        var newest = Math.Min(Newest, other.Newest);
        return newest >= Math.Max(Oldest, other.Oldest) ? newest : null;
    }

    public override string ToString() => Oldest == Newest ? $"version {Newest}" : $"versions {Oldest} to {Newest}";
}
