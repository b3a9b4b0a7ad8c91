using Concord.Gossip;
using CsCheck;

namespace Concord.Tests.Gossip;

public sealed class BroadcastQueueTests
{
    [Fact]
    public void Least_sent_first_then_the_largest_that_fit()
    {
        var queue = new BroadcastQueue(100);
        queue.Add(Rumour("old", 20), "old");
        Assert.Equal(["old"], Fill(queue, 1000));
        queue.Add(Rumour("small", 10), "small");
        queue.Add(Rumour("large", 60), "large");
        queue.Add(Rumour("middle", 30), "middle");

        // 60 and 30 of 95 leave 5: "small" does not fit, "old" even less.
        Assert.Equal(["large", "middle"], Fill(queue, Size("large", 60) + Size("middle", 30) + 5));
        // Now "small" alone was never sent; among those sent once, the largest that fits.
        Assert.Equal(["small", "middle"], Fill(queue, Size("small", 10) + Size("middle", 30) + 2));
    }

    [Fact]
    public void The_newest_of_equals_goes_first()
    {
        var queue = new BroadcastQueue(100);
        queue.Add(Rumour("a", 10), "a");
        queue.Add(Rumour("b", 10), "b");
        Assert.Equal(["b"], Fill(queue, Size("b", 10)));
    }

    [Fact]
    public void A_newer_rumour_takes_the_place_of_an_older_about_the_same()
    {
        var queue = new BroadcastQueue(100);
        queue.Add(Rumour("a", 10), "a");
        queue.Add(new GossipMessage.Dead(1, "a", "z"), "a");

        List<GossipMessage> packet = [];
        queue.Fill(packet, 1000, 8);

        Assert.Equal([new GossipMessage.Dead(1, "a", "z")], packet);
        Assert.Equal(1, queue.Count);
    }

    [Fact]
    public void Sent_often_enough_a_rumour_is_dropped()
    {
        var queue = new BroadcastQueue(100);
        queue.Add(Rumour("a", 10), "a");
        for (int i = 0; i < 3; i++)
        {
            Assert.True(queue.Holds("a"));
            Assert.Equal(["a"], Fill(queue, 1000, limit: 3));
        }

        Assert.False(queue.Holds("a"));
        Assert.Empty(Fill(queue, 1000));
    }

    [Fact]
    public void A_full_queue_drops_what_was_sent_most_often()
    {
        var queue = new BroadcastQueue(2);
        queue.Add(Rumour("a", 10), "a");
        Fill(queue, 1000);
        queue.Add(Rumour("b", 10), "b");
        queue.Add(Rumour("c", 10), "c");

        Assert.False(queue.Holds("a"));
        Assert.Equal(["c", "b"], Fill(queue, 1000));
    }

    /// <summary>Against a naive queue that sorts everything each time.</summary>
    [Fact]
    public void It_does_what_a_naive_queue_does() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 12], Gen.Int[1, 60], Gen.Int[20, 200]).Array[1, 60].Sample(steps =>
        {
            var queue = new BroadcastQueue(8);
            List<NaiveRumour> naive = [];
            int number = 0;
            foreach (var (kind, subject, size, budget) in steps)
            {
                if (kind < 6)
                {
                    string name = $"s{subject}";
                    var message = Rumour(name, size, number);
                    queue.Add(message, name);
                    naive.RemoveAll(rumour => rumour.Subject == name);
                    if (naive.Count == 8)
                        naive.Remove(Sorted(naive)[^1]);
                    naive.Add(new(message, name, number++));
                    continue;
                }

                List<GossipMessage> packet = [];
                int bytes = queue.Fill(packet, budget, 3);
                Assert.Equal(NaiveFill(naive, budget), packet);
                Assert.Equal(packet.Sum(PacketCodec.SizeOf), bytes);
                Assert.Equal(naive.Count, queue.Count);
            }
        });

    private static List<GossipMessage> NaiveFill(List<NaiveRumour> naive, int budget)
    {
        List<NaiveRumour> taken = [];
        foreach (var rumour in Sorted(naive))
        {
            int bytes = PacketCodec.SizeOf(rumour.Message);
            if (bytes <= budget)
            {
                taken.Add(rumour);
                budget -= bytes;
            }
        }

        foreach (var rumour in taken)
            rumour.Transmits++;
        naive.RemoveAll(rumour => rumour.Transmits >= 3);
        return [.. taken.Select(rumour => rumour.Message)];
    }

    private static List<NaiveRumour> Sorted(List<NaiveRumour> naive) =>
        [.. naive.OrderBy(rumour => rumour.Transmits).ThenByDescending(rumour => PacketCodec.SizeOf(rumour.Message)).ThenByDescending(rumour => rumour.Number)];

    private static List<string> Fill(BroadcastQueue queue, int budget, int limit = 8)
    {
        List<GossipMessage> packet = [];
        queue.Fill(packet, budget, limit);
        return [.. packet.Select(message => ((GossipMessage.UserEvent)message).Name)];
    }

    private static int Size(string name, int size) => PacketCodec.SizeOf(Rumour(name, size));

    private static GossipMessage.UserEvent Rumour(string name, int size, int number = 0) => new((ulong)number, "x", name, new byte[size]);

    private sealed class NaiveRumour(GossipMessage message, string subject, int number)
    {
        public GossipMessage Message => message;

        public string Subject => subject;

        public int Number => number;

        public int Transmits { get; set; }
    }
}
