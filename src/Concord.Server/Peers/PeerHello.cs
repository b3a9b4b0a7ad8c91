using Concord.Raft;

namespace Concord.Server.Peers;

/// <summary>What a connection is for.</summary>
internal enum PeerLane : byte
{
    /// <summary>Messages from the one who connected; nothing comes back.</summary>
    Messages = 0,

    /// <summary>One snapshot. A connection of its own, so that heartbeats are never behind it.</summary>
    Snapshot = 1,

    /// <summary>The question who the members are; open to whoever wants to join.</summary>
    Question = 2,
}

/// <summary>
/// The first frame of every connection, from the one who connects. Every version must be able to read it, so its fields stay
/// where they are; new ones come at the end, and a reader passes over those that it does not know.
/// </summary>
/// <param name="Versions">Of the messages that may follow, see <see cref="PeerCodec"/>.</param>
/// <param name="ClusterId">Zero with a question.</param>
/// <param name="From">Zero with a question.</param>
/// <param name="To">Whom the connection is meant for; zero with a question.</param>
/// <param name="PeerUrls">Where the sender can be reached, for a receiver that has not heard of it yet.</param>
internal sealed record PeerHello(PeerVersions Versions, PeerLane Lane, ulong ClusterId, MemberId From, MemberId To, string Name, IReadOnlyList<string> PeerUrls)
{
    /// <summary>Where the sender gossips; empty if it does not, or is older than this field.</summary>
    public string GossipAddress { get; init; } = "";

    private const int Magic = 0x52504343; // "CCPR" in byte order

    public void Encode(FrameBuffer output)
    {
        output.Begin();
        var writer = new PeerWriter(output);
        writer.Int32(Magic);
        writer.Int32(Versions.Newest);
        writer.Int32(Versions.Oldest);
        writer.Byte((byte)Lane);
        writer.UInt64(ClusterId);
        writer.UInt64(From.Value);
        writer.UInt64(To.Value);
        writer.Text(Name);
        writer.Texts(PeerUrls);
        writer.Text(GossipAddress);
        output.End();
    }

    /// <exception cref="PeerProtocolException">Something else speaks here.</exception>
    public static PeerHello Decode(ReadOnlyMemory<byte> payload)
    {
        var reader = new PeerReader(payload);
        if (reader.Int32() != Magic)
        {
            throw new PeerProtocolException("the connection does not begin as one of a Concord member; does something else talk to the peer port?");
        }

        var (newest, oldest) = (reader.Int32(), reader.Int32());
        var hello = new PeerHello(new(oldest, newest), (PeerLane)reader.Byte(), reader.UInt64(), new(reader.UInt64()), new(reader.UInt64()), reader.Text(), reader.Texts());
        return reader.HasMore ? hello with { GossipAddress = reader.Text() } : hello;
    }
}

/// <summary>Why a connection was refused.</summary>
internal enum PeerRefusal : byte
{
    None = 0,
    WrongVersion = 1,
    WrongCluster = 2,
    WrongMember = 3,

    /// <summary>The one who connected was a member once.</summary>
    Removed = 4,

    /// <summary>Whoever connected calls itself what the receiver is called.</summary>
    SameMember = 5,
}

/// <summary>The answer to a <see cref="PeerHello"/>: go on, or why not. Its fields stay where they are, as the hello's do.</summary>
/// <param name="Text">For the log of the one who was refused: what does not fit, and the remedy.</param>
/// <param name="Version">Of the messages on this connection: the newest that both speak. Zero if refused.</param>
internal sealed record PeerWelcome(PeerRefusal Refusal, string Text, int Version = 0)
{
    public void Encode(FrameBuffer output)
    {
        output.Begin();
        var writer = new PeerWriter(output);
        writer.Byte((byte)Refusal);
        writer.Text(Text);
        writer.Int32(Version);
        output.End();
    }

    public static PeerWelcome Decode(ReadOnlyMemory<byte> payload)
    {
        var reader = new PeerReader(payload);
        return new((PeerRefusal)reader.Byte(), reader.Text(), reader.Int32());
    }
}
