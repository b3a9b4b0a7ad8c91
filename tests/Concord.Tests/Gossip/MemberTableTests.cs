using Concord.Gossip;
using CsCheck;

namespace Concord.Tests.Gossip;

public sealed class MemberTableTests
{
    /// <summary>Against a dictionary: what is added is found, what is forgotten is not, and slots stay.</summary>
    [Fact]
    public void It_knows_what_a_dictionary_knows() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 60]).Array[1, 200].Sample(steps =>
        {
            var random = new SplitMix(3);
            var table = new MemberTable(9, Info(1000));
            Dictionary<string, (int Slot, MemberStatus Status)> naive = [];
            foreach (var (kind, number) in steps)
            {
                string name = $"n{number}";
                if (kind < 5 && !naive.ContainsKey(name))
                {
                    naive[name] = (table.Add(Info(number), (uint)number, ref random), MemberStatus.Alive);
                }
                else if (kind < 9 && naive.TryGetValue(name, out var known))
                {
                    var status = (MemberStatus)(kind % 4);
                    table.SetStatus(known.Slot, status, number);
                    naive[name] = (known.Slot, status);
                }
                else if (kind == 9)
                {
                    List<MemberInfo> forgotten = [];
                    table.Shuffle(ref random, _ => true, forgotten);
                    string[] gone = [.. naive.Where(pair => pair.Value.Status >= MemberStatus.Dead).Select(pair => pair.Key).Order(StringComparer.Ordinal)];
                    Assert.Equal(gone, forgotten.Select(member => member.Name).Order(StringComparer.Ordinal));
                    foreach (string one in gone)
                        naive.Remove(one);
                    Check(table, naive);
                }
            }

            Check(table, naive);
        });

    [Fact]
    public void A_member_costs_about_twenty_four_bytes()
    {
        var members = Enumerable.Range(0, 10_000).Select(Info).ToArray();
        var random = new SplitMix(1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var table = new MemberTable(1, Info(10_000));
        table.Reserve(10_001);
        foreach (var member in members)
            table.Add(member, 0, ref random);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(bytes, 10_000 * 20, 10_000 * 26);
    }

    private static void Check(MemberTable table, Dictionary<string, (int Slot, MemberStatus Status)> naive)
    {
        Assert.Equal(naive.Count + 1, table.Count);
        Assert.Equal(naive.Values.Count(member => member.Status <= MemberStatus.Suspect) + 1, table.Living);
        Assert.Equal(naive.Values.Count(member => member.Status == MemberStatus.Dead), table.Dead);
        Assert.Equal(naive.Values.Select(member => member.Slot).Order(), table.Order.ToArray().Order());
        for (int number = 0; number <= 60; number++)
        {
            string name = $"n{number}";
            int slot = table.Find(name);
            Assert.Equal(naive.TryGetValue(name, out var known) ? known.Slot : MemberTable.None, slot);
            if (slot != MemberTable.None)
                Assert.Equal((name, (uint)number, known.Status), (table.Info(slot).Name, table.Incarnation(slot), table.Status(slot)));
        }
    }

    private static MemberInfo Info(int number) => new($"n{number}", GossipGroup.AddressOf(number + 1));
}
