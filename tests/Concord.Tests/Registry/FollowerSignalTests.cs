using Concord.Server.Registry.Push;
using Concord.Tests.Client;

namespace Concord.Tests.Registry;

public sealed class FollowerSignalTests
{
    private readonly FollowerSignal _signal = new();

    [Fact]
    public async Task One_that_waits_is_taken_once_and_goes_on_with_the_completion()
    {
        for (var round = 0; round < 3; round++)
        {
            var waiting = _signal.WaitAsync().AsTask();
            Assert.True(_signal.TryTake());
            Assert.False(waiting.IsCompleted);
            _signal.Complete();
            Assert.True(waiting.IsCompletedSuccessfully);
            await waiting;
        }
    }

    [Fact]
    public async Task A_wake_up_that_finds_it_busy_is_kept_for_the_next_wait()
    {
        Assert.False(_signal.TryTake());
        Assert.False(_signal.TryTake());
        var waiting = _signal.WaitAsync().AsTask();
        Assert.True(waiting.IsCompletedSuccessfully);
        await waiting;

        // However many they were, they were one.
        Assert.False(_signal.WaitAsync().AsTask().IsCompleted);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task Who_looks_and_then_waits_misses_nothing(bool looksElsewhere, bool othersWake)
    {
        const int Rounds = 5000;
        var (written, seen) = (0, 0);
        var looking = LookAsync();
        var others = Task.Run(() =>
        {
            while (othersWake && Volatile.Read(ref seen) < Rounds)
            {
                Wake();
            }
        });
        await Task.Run(() =>
        {
            // Each is seen before the next is written, so a wake-up that is lost is not made good by a later one.
            for (var round = 1; round <= Rounds; round++)
            {
                Volatile.Write(ref written, round);
                Wake();
                var started = Environment.TickCount64;
                var spin = new SpinWait();
                while (Volatile.Read(ref seen) != round)
                {
                    spin.SpinOnce(sleep1Threshold: -1);
                    Assert.True(Environment.TickCount64 - started < Wait.Bound.TotalMilliseconds, $"round {round} is not seen");
                }
            }
        });
        await looking.WaitAsync(Wait.Bound);
        await others.WaitAsync(Wait.Bound);

        void Wake()
        {
            if (_signal.TryTake())
            {
                _signal.Complete();
            }
        }

        async Task LookAsync()
        {
            while (true)
            {
                Volatile.Write(ref seen, Volatile.Read(ref written));
                if (seen == Rounds)
                {
                    return;
                }

                // Some of the wake-ups come before the wait.
                Thread.SpinWait(seen % 64);
                await _signal.WaitAsync();
                if (looksElsewhere)
                {
                    // So that it looks while others wake.
                    await Task.Yield();
                }
            }
        }
    }
}
