using Concord.Simulator.Checks;
using CsCheck;
using static Concord.Simulator.Checks.RegisterCall;

namespace Concord.Tests.Simulator;

/// <summary>The judge is judged: histories whose verdict is known, and random small ones against trying every order.</summary>
public sealed class RegisterHistoryTests
{
    private const long Never = long.MaxValue;

    private static readonly (string Name, Verdict Expected, RegisterOperation[] Operations)[] Histories =
    [
        ("nothing", Verdict.Linearizable, []),
        ("read of what was written", Verdict.Linearizable, [new(0, 1, new Write(1)), new(2, 3, new Read(1))]),
        ("stale read", Verdict.NotLinearizable, [new(0, 1, new Write(1)), new(2, 3, new Write(2)), new(4, 5, new Read(1))]),
        ("read beside a write may see either", Verdict.Linearizable, [new(0, 1, new Write(1)), new(2, 9, new Write(2)), new(3, 4, new Read(1)), new(5, 6, new Read(2))]),
        ("the new value is not unseen again", Verdict.NotLinearizable, [new(0, 1, new Write(1)), new(2, 9, new Write(2)), new(3, 4, new Read(2)), new(5, 6, new Read(1))]),
        ("read of what nobody wrote", Verdict.NotLinearizable, [new(0, 1, new Write(1)), new(2, 3, new Read(7))]),
        ("a lost call may take effect late", Verdict.Linearizable, [new(0, Never, new Write(1)), new(1, 2, new Read(0)), new(3, 4, new Read(1))]),
        ("a lost call takes effect once", Verdict.NotLinearizable, [new(0, Never, new Write(1)), new(1, 2, new Read(1)), new(3, 4, new Write(2)), new(5, 6, new Read(1))]),
        ("a lost call cannot take effect before it was made", Verdict.NotLinearizable, [new(0, 1, new Read(1)), new(2, Never, new Write(1))]),
        ("two winners of one comparison", Verdict.NotLinearizable, [new(0, 1, new Write(1)), new(2, 6, new CompareAndSet(1, 2, true)), new(3, 7, new CompareAndSet(1, 3, true))]),
        ("one winner of a comparison", Verdict.Linearizable, [new(0, 1, new Write(1)), new(2, 6, new CompareAndSet(1, 2, true)), new(3, 7, new CompareAndSet(1, 3, false))]),
        ("a comparison that failed for no reason", Verdict.NotLinearizable, [new(0, 1, new Write(1)), new(2, 3, new CompareAndSet(1, 2, false))]),
        ("a comparison of unknown fate explains a read", Verdict.Linearizable, [new(0, 1, new Write(1)), new(2, Never, new CompareAndSet(1, 2, null)), new(3, 4, new Read(2))]),
        ("a delete that found the key", Verdict.Linearizable, [new(0, 1, new Write(1)), new(2, 3, new Delete(true)), new(4, 5, new Read(0))]),
        ("a delete that missed an acknowledged put", Verdict.NotLinearizable, [new(0, 1, new Write(1)), new(2, 3, new Delete(false))]),
        ("a deleted key that comes back", Verdict.NotLinearizable, [new(0, 1, new Write(1)), new(2, 3, new Delete(true)), new(4, 5, new Read(1))]),
    ];

    public static TheoryData<string> Names => [.. Histories.Select(history => history.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Known_histories_get_their_verdict(string name)
    {
        var (_, expected, operations) = Histories.Single(one => one.Name == name);
        var history = new RegisterHistory();
        foreach (var operation in operations)
            history.Add(operation);

        Assert.Equal(expected, history.Check());
    }

    [Fact]
    public void Agrees_with_trying_every_order()
    {
        var call = Gen.OneOf(
            Gen.Long[0, 3].Select(value => (RegisterCall)new Read(value)),
            Gen.Long[1, 3].Select(value => (RegisterCall)new Write(value)),
            Gen.Bool.Select(existed => (RegisterCall)new Delete(existed)),
            Gen.Select(Gen.Long[0, 3], Gen.Long[1, 3], Gen.Int[0, 2]).Select((expected, value, fate) =>
                (RegisterCall)new CompareAndSet(expected, value, fate == 2 ? null : fate == 1)));
        var operation = Gen.Select(Gen.Long[0, 20], Gen.Long[0, 8], Gen.Int[0, 9], call).Select((start, length, lost, what) =>
            new RegisterOperation(start, lost == 0 ? Never : start + length, what));

        int linearizable = 0, not = 0;
        operation.Array[0, 6].Sample(
            operations =>
            {
                var history = new RegisterHistory();
                foreach (var one in operations)
                    history.Add(one);
                bool expected = AnyOrder(operations, new bool[operations.Length], 0);
                Interlocked.Increment(ref expected ? ref linearizable : ref not);
                return history.Check() == (expected ? Verdict.Linearizable : Verdict.NotLinearizable);
            },
            iter: 20_000);

        Assert.True(linearizable > 1000 && not > 1000, $"{linearizable} and {not}");
    }

    [Fact]
    public void A_long_history_with_lost_calls_is_decided()
    {
        var history = new RegisterHistory();
        long time = 0, value = 0;
        for (int i = 0; i < 3_000; i++)
        {
            history.Add(new(time, time + 5, new Write(++value)));
            history.Add(new(time + 7, time + 9, new Read(value)));
            if (i % 100 == 0)
            {
                history.Add(new(time + 7, Never, new Write(1_000_000 + i)));
                history.Add(new(time + 10, time + 11, new Read(1_000_000 + i)));
            }

            time += 12;
        }

        Assert.Equal(Verdict.Linearizable, history.Check());
    }

    private static bool AnyOrder(RegisterOperation[] operations, bool[] done, long state)
    {
        bool all = true;
        for (int i = 0; i < operations.Length; i++)
        {
            if (done[i])
                continue;
            all = false;
            bool isFirst = !operations.Where((other, j) => !done[j] && j != i && other.End < operations[i].Start).Any();
            if (!isFirst || operations[i].Call.After(state) is not { } after)
                continue;
            done[i] = true;
            bool found = AnyOrder(operations, done, after);
            done[i] = false;
            if (found)
                return true;
        }

        return all;
    }
}
