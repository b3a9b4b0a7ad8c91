using Concord.Simulator.Runs;

namespace Concord.Simulator.Network;

/// <summary>What the sender's side may learn of a message.</summary>
internal enum SendResult
{
    Sent,

    /// <summary>Lost on the way, or will be: the sender cannot know.</summary>
    Lost,
}

/// <summary>
/// Carries messages between endpoints (members and clients), each direction of each pair a link of its own. A message is an
/// action at the receiver: what it carries was encoded by the sender. Connections keep order, so links do, but for
/// those messages that a dial lets jump.
/// </summary>
internal sealed class SimulatedNetwork(EventQueue events, Dice dice, NetworkDials dials)
{
    private readonly Dictionary<(int From, int To), Link> _links = [];

    /// <summary>No loss, no repetition, no reordering, short delays.</summary>
    public bool IsHealed { get; private set; }

    public long Delivered { get; private set; }

    public Link Link(int from, int to)
    {
        if (!_links.TryGetValue((from, to), out var link))
            _links.Add((from, to), link = new Link());
        return link;
    }

    public void Heal()
    {
        IsHealed = true;
        RepairLinks();
    }

    /// <summary>Ends partitions and slow links, not the dials of the run.</summary>
    public void RepairLinks()
    {
        foreach (var link in _links.Values)
        {
            link.IsCut = false;
            link.ExtraDelay = 0;
            link.ExtraLossPerMille = 0;
        }
    }

    /// <summary>Datagram-like: may be lost, repeated, or overtaken. What Raft must bear.</summary>
    public SendResult Send(int from, int to, Action deliver)
    {
        var link = Link(from, to);
        bool lost = link.IsCut || (!IsHealed && dice.Chance(dials.LossPerMille + link.ExtraLossPerMille));
        if (lost)
            return SendResult.Lost;
        Plan(link, deliver);
        if (!IsHealed && dice.Chance(dials.DuplicatePerMille))
            Plan(link, deliver);
        return SendResult.Sent;
    }

    /// <summary>
    /// A message of a connection that checks order and completeness itself: arrives in order, or the connection is
    /// broken and <see cref="SendResult.Lost"/> says so.
    /// </summary>
    public SendResult SendInOrder(int from, int to, Action deliver, Action broken)
    {
        var link = Link(from, to);
        if (link.IsCut || (!IsHealed && dice.Chance((dials.LossPerMille + link.ExtraLossPerMille) / 4)))
            return SendResult.Lost;
        long arrival = Arrival(link, keepsOrder: true);
        events.At(arrival, () =>
        {
            if (link.IsCut)
            {
                broken();
                return;
            }

            Delivered++;
            deliver();
        });
        return SendResult.Sent;
    }

    private void Plan(Link link, Action deliver)
    {
        bool keepsOrder = IsHealed || !dice.Chance(dials.ReorderPerMille);
        events.At(Arrival(link, keepsOrder), () =>
        {
            if (!link.IsCut)
            {
                Delivered++;
                deliver();
            }
        });
    }

    private long Arrival(Link link, bool keepsOrder)
    {
        long mean = IsHealed ? Math.Min(dials.DelayMean, 1000) : dials.DelayMean + link.ExtraDelay;
        long arrival = events.Now + dice.Around(keepsOrder ? mean : 10 * mean);
        if (keepsOrder)
            link.LastArrival = arrival = Math.Max(arrival, link.LastArrival);
        return arrival;
    }
}
