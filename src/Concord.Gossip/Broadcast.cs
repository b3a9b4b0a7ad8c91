namespace Concord.Gossip;

/// <summary>A rumour on its way.</summary>
/// <param name="subject">Whom it is about: a newer rumour about the same takes its place. Null: none does.</param>
internal sealed class Broadcast(GossipMessage message, string? subject, int bytes, long number)
{
    public GossipMessage Message => message;

    public string? Subject => subject;

    public int Bytes => bytes;

    public long Number => number;

    public int Transmits { get; set; }

    /// <summary>Least sent first; of those the largest, which are hardest to fit; of those the newest.</summary>
    public int CompareTo(int otherTransmits, int otherBytes, long otherNumber)
    {
        int order = Transmits.CompareTo(otherTransmits);
        order = order != 0 ? order : otherBytes.CompareTo(bytes);
        return order != 0 ? order : otherNumber.CompareTo(number);
    }
}
