namespace Concord.Simulator.Gossip;

/// <summary>What is to happen when. A wheel of milliseconds: millions of events, each planned and taken in constant time.</summary>
internal sealed class GossipSchedule
{
    /// <summary>Plans further ahead are made for then; whoever is woken early plans again.</summary>
    public const long Horizon = Slots - 1;

    private const int Slots = 16_384;
    private readonly List<GossipStep>?[] _slots = new List<GossipStep>?[Slots];
    private readonly Stack<List<GossipStep>> _spare = [];
    private int _next;

    public long Now { get; private set; }

    public long Done { get; private set; }

    public void At(long time, GossipStep step)
    {
        int slot = (int)(Math.Clamp(time, Now, Now + Horizon) % Slots);
        var list = _slots[slot] ??= _spare.TryPop(out var spare) ? spare : [];
        list.Add(step);
    }

    /// <summary>The next step up to and with <paramref name="end"/>; false if there is none, and then it is that time.</summary>
    public bool TryTake(long end, out GossipStep step)
    {
        while (true)
        {
            int slot = (int)(Now % Slots);
            if (_slots[slot] is { } list)
            {
                if (_next < list.Count)
                {
                    step = list[_next++];
                    Done++;
                    return true;
                }

                _slots[slot] = null;
                _next = 0;
                list.Clear();
                if (list.Capacity <= 4096)
                    _spare.Push(list);
            }

            if (Now >= end)
            {
                step = default;
                return false;
            }

            Now++;
        }
    }
}

internal enum GossipStepKind : byte
{
    Wake,
    Packet,
    StreamRequest,
    StreamReply,
}

/// <param name="To">The member to which it happens.</param>
/// <param name="Id">Of a stream.</param>
internal readonly record struct GossipStep(GossipStepKind Kind, int To, int From, ulong Id, object? Payload);
