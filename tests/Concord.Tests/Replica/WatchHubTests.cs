using Concord.Mvcc;
using Concord.Server.Replica;
using Microsoft.Extensions.Time.Testing;

namespace Concord.Tests.Replica;

public sealed class WatchHubTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly KeySpace _space = new();
    private readonly WatchHub _hub;

    public WatchHubTests() => _hub = new(_space.View, _time, TimeSpan.FromMinutes(10));

    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    public void Dispose() => _hub.Dispose();

    [Fact]
    public async Task A_watch_is_confirmed_before_its_events_which_come_one_revision_at_a_time()
    {
        using var stream = _hub.OpenStream();
        Assert.Equal(0, stream.Create(new(KeyRange.Prefix("a"u8.ToArray()))));
        Put("a1");
        Put("b");
        Put("a2");

        Assert.Equal(new WatchNotice.Created(0, 1), await stream.ReadAsync(Patience));
        Assert.Equal([2L], await EventsAsync(stream));
        Assert.Equal([4L], await EventsAsync(stream));
        Assert.False(stream.TryRead(out _));
    }

    [Fact]
    public async Task A_number_that_is_taken_adds_nothing_and_the_lowest_free_one_is_given_again()
    {
        using var stream = _hub.OpenStream();
        Assert.Equal(0, stream.Create(new(KeyRange.All)));
        Assert.Equal(1, stream.Create(new(KeyRange.All)));
        Assert.Null(stream.Create(new(KeyRange.All), watchId: 1));
        Assert.True(stream.Cancel(0));
        Assert.False(stream.Cancel(0));
        Assert.Equal(0, stream.Create(new(KeyRange.All)));
        stream.Refuse("no");

        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            var notice = await stream.ReadAsync(Patience);
            ids.Add($"{notice.GetType().Name} {notice.WatchId}");
        }

        Assert.Equal(["Created 0", "Created 1", "Canceled 0", "Created 0", "Refused -1"], ids);
        Assert.Equal(2, _hub.Count);
    }

    [Fact]
    public async Task A_watch_below_the_compaction_is_confirmed_and_then_cancelled_with_it()
    {
        for (var i = 0; i < 5; i++)
        {
            Put("a");
        }

        _space.Apply(new CompactCommand(4));
        _hub.Notify(_space.Publish());
        using var stream = _hub.OpenStream();
        stream.Create(new(KeyRange.All, StartRevision: 3));
        stream.Create(new(KeyRange.All, StartRevision: 4));

        Assert.IsType<WatchNotice.Created>(await stream.ReadAsync(Patience));
        Assert.IsType<WatchNotice.Created>(await stream.ReadAsync(Patience));
        Assert.Equal(new WatchNotice.Canceled(0, 6, 4), await stream.ReadAsync(Patience));
        Assert.Equal([4L, 5L, 6L], await EventsAsync(stream));
    }

    [Fact]
    public async Task A_reader_that_falls_behind_gets_everything_from_history_and_then_goes_on_live()
    {
        using var stream = _hub.OpenStream();
        stream.Create(new(KeyRange.All));
        for (var i = 0; i < WatchHub.WaitingMaxDefault * 4; i++)
        {
            Put("a");
        }

        await Until(() => _hub.Position == _space.Revision);
        Assert.IsType<WatchNotice.Created>(await stream.ReadAsync(Patience));
        var seen = new List<long>();
        while (seen.Count < WatchHub.WaitingMaxDefault * 4)
        {
            seen.AddRange(await EventsAsync(stream));
        }

        Assert.Equal(Enumerable.Range(2, seen.Count).Select(revision => (long)revision), seen);
        Put("a");
        Assert.Equal([_space.Revision], await EventsAsync(stream));
    }

    [Fact]
    public async Task A_watch_of_the_future_says_nothing_before_its_start_not_even_progress()
    {
        using var stream = _hub.OpenStream();
        stream.Create(new(KeyRange.All, StartRevision: 4));
        stream.RequestProgress();
        Put("a");
        Put("a");
        stream.RequestProgress();
        Put("a");

        Assert.IsType<WatchNotice.Created>(await stream.ReadAsync(Patience));
        var first = await stream.ReadAsync(Patience);
        if (first is WatchNotice.Progress progress)
        {
            // Revision 3 is everything below the start, so this much may be said.
            Assert.Equal(3, progress.Revision);
            first = await stream.ReadAsync(Patience);
        }

        Assert.Equal(4, Assert.IsType<WatchNotice.Events>(first).Changes[0].ModRevision);
    }

    [Fact]
    public async Task Progress_is_told_for_what_the_asker_may_know_and_after_the_events_before_it()
    {
        using var stream = _hub.OpenStream();
        stream.Create(new(KeyRange.Single("a"u8.ToArray())));
        Put("a");
        Put("b");
        stream.RequestProgress();

        Assert.IsType<WatchNotice.Created>(await stream.ReadAsync(Patience));
        Assert.Equal([2L], await EventsAsync(stream));
        Assert.Equal(new WatchNotice.Progress(WatchNotice.WholeStream, 3), await stream.ReadAsync(Patience));
    }

    [Fact]
    public async Task An_idle_watch_that_asked_for_it_is_told_its_progress_and_a_busy_one_is_not()
    {
        using var stream = _hub.OpenStream();
        stream.Create(new(KeyRange.Single("quiet"u8.ToArray()), ProgressNotify: true));
        stream.Create(new(KeyRange.Single("busy"u8.ToArray()), ProgressNotify: true));
        stream.Create(new(KeyRange.Single("quiet"u8.ToArray())));
        _time.Advance(TimeSpan.FromMinutes(10));
        Put("busy");
        await Until(() => _hub.Position == 2);
        _time.Advance(TimeSpan.FromMinutes(10));

        for (var i = 0; i < 3; i++)
        {
            Assert.IsType<WatchNotice.Created>(await stream.ReadAsync(Patience));
        }

        Assert.Equal([2L], await EventsAsync(stream));
        Assert.Equal(new WatchNotice.Progress(0, 2), await stream.ReadAsync(Patience));
        Assert.False(stream.TryRead(out _));
    }

    [Fact]
    public async Task Watches_of_one_range_share_one_list_of_changes()
    {
        using var one = _hub.OpenStream();
        using var other = _hub.OpenStream();
        one.Create(new(KeyRange.Single("a"u8.ToArray())));
        other.Create(new(KeyRange.Single("a"u8.ToArray())));
        Put("a");
        await one.ReadAsync(Patience);
        await other.ReadAsync(Patience);

        var first = (WatchNotice.Events)await one.ReadAsync(Patience);
        var second = (WatchNotice.Events)await other.ReadAsync(Patience);
        Assert.Same(first.Changes, second.Changes);
    }

    [Fact]
    public async Task A_waiting_reader_is_woken_by_an_event_by_its_cancellation_and_by_the_end()
    {
        using var stream = _hub.OpenStream();
        stream.Create(new(KeyRange.All));
        await stream.ReadAsync(Patience);

        var waiting = stream.ReadAsync(Patience);
        Assert.False(waiting.IsCompleted);
        Put("a");
        Assert.IsType<WatchNotice.Events>(await waiting);

        using var cancellation = new CancellationTokenSource();
        waiting = stream.ReadAsync(cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);

        waiting = stream.ReadAsync(Patience);
        _hub.Close();
        var stopped = await Assert.ThrowsAsync<ReplicaException>(async () => await waiting);
        Assert.Equal(ReplicaFailure.Stopped, stopped.Failure);
        Assert.Throws<ReplicaException>(() => _hub.OpenStream());
    }

    [Fact]
    public async Task Who_creates_watches_for_others_waits_until_their_reader_keeps_up()
    {
        using var stream = _hub.OpenStream();
        for (var i = 0; i < WatchHub.WaitingMaxDefault; i++)
        {
            stream.Create(new(KeyRange.All), watchId: 7);
            stream.Cancel(7);
        }

        var room = stream.WaitForRoomAsync(Patience);
        Assert.False(room.IsCompleted);
        while (stream.TryRead(out _))
        {
        }

        await room;
        await stream.WaitForRoomAsync(Patience);
    }

    [Fact]
    public void A_disposed_stream_leaves_nothing_behind()
    {
        var stream = _hub.OpenStream();
        stream.Create(new(KeyRange.All));
        stream.Dispose();

        Assert.Equal(0, _hub.Count);
        Assert.Throws<ObjectDisposedException>(() => stream.TryRead(out _));
        Assert.Throws<ObjectDisposedException>(() => stream.Create(new(KeyRange.All)));
    }

    private static async Task<List<long>> EventsAsync(WatchStream stream) =>
        [.. Assert.IsType<WatchNotice.Events>(await stream.ReadAsync(Patience)).Changes.Select(change => change.ModRevision)];

    private static async Task Until(Func<bool> condition)
    {
        var patience = Patience;
        while (!condition())
        {
            patience.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private void Put(string key)
    {
        _space.Apply(new WriteCommand(new PutOperation(System.Text.Encoding.UTF8.GetBytes(key), new byte[] { 1 })));
        _hub.Notify(_space.Publish());
    }
}
