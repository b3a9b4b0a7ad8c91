using Concord.Server.Etcd.Compaction;

namespace Concord.Tests.Etcd.Compaction;

/// <summary>The schedule that etcd's documentation describes, on a clock of numbers.</summary>
public sealed class CompactionPolicyTests
{
    /// <summary>One revision per minute, so revision n + 1 is that of minute n.</summary>
    [Theory]
    [InlineData(60, 6, 60, 60)]
    [InlineData(30, 3, 30, 30)]
    [InlineData(24 * 60, 6, 24 * 60, 60)]
    public void Periodic_keeps_a_whole_period_and_then_compacts_every_period_or_hour(int period, int note, int first, int round)
    {
        var policy = new PeriodicPolicy(TimeSpan.FromMinutes(period));
        Assert.Equal(TimeSpan.FromMinutes(note), policy.Interval);

        var compacted = Run(policy, minutes: first + (3 * round) + note, note, fails: _ => false);

        Assert.Equal([first, first + round, first + (2 * round), first + (3 * round)], compacted.Select(one => one.Minute));

        // What is compacted is a whole period old, and a note's interval at most on top.
        Assert.Equal([1, 1 + round - note, 1 + (2 * round) - note, 1 + (3 * round) - note], compacted.Select(one => (int)one.Revision));
    }

    [Fact]
    public void A_failed_attempt_is_repeated_at_the_next_note()
    {
        var compacted = Run(new PeriodicPolicy(TimeSpan.FromHours(1)), minutes: 130, note: 6, fails: minute => minute is 60 or 66);

        Assert.Equal([72, 132], compacted.Select(one => one.Minute));
        Assert.Equal([7L, 67], compacted.Select(one => one.Revision));
    }

    [Fact]
    public void Nothing_new_is_nothing_to_compact()
    {
        var policy = new PeriodicPolicy(TimeSpan.FromMinutes(10));
        var due = 0;
        for (var minute = 1; minute < 100; minute++)
        {
            policy.Look(7);
            if (policy.Due(TimeSpan.FromMinutes(minute), 7) is { } revision)
            {
                due++;
                policy.Done(TimeSpan.FromMinutes(minute), revision);
            }
        }

        Assert.Equal(1, due);
    }

    [Fact]
    public void Revisions_are_kept_by_number()
    {
        var policy = new RevisionPolicy(100);
        Assert.Null(policy.Due(policy.Interval, 100));
        Assert.Equal(1, policy.Due(policy.Interval, 101));
        Assert.Equal(1, policy.Due(policy.Interval, 101));
        policy.Done(policy.Interval, 1);
        Assert.Null(policy.Due(policy.Interval, 101));
        Assert.Equal(900, policy.Due(policy.Interval, 1000));
    }

    private static List<(int Minute, long Revision)> Run(PeriodicPolicy policy, int minutes, int note, Func<int, bool> fails)
    {
        var compacted = new List<(int, long)>();
        policy.Look(1);
        for (var minute = note; minute <= minutes + note; minute += note)
        {
            if (policy.Due(TimeSpan.FromMinutes(minute), minute + 1) is { } revision && !fails(minute))
            {
                policy.Done(TimeSpan.FromMinutes(minute), revision);
                compacted.Add((minute, revision));
            }

            policy.Look(minute + 1);
        }

        return [.. compacted.TakeWhile(one => one.Item1 <= minutes + note)];
    }
}
