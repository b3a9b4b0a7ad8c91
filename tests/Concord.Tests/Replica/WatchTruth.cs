using Concord.Mvcc;
using Concord.Server.Replica;

namespace Concord.Tests.Replica;

/// <summary>Everything that happened, and what a stream has told of it: judges one watch stream notice by notice.</summary>
internal sealed class WatchTruth
{
    public List<KeyVersion> All { get; } = [];

    public long CompactedRevision { get; set; }

    public IEnumerable<KeyVersion> Of(WatchOptions options, long start) => All.Where(change =>
        change.ModRevision >= start && options.Range.Contains(change.Key.Span) && (change.IsTombstone ? !options.NoDelete : !options.NoPut));
}

/// <summary>One stream with its reader.</summary>
internal sealed class WatchedStream(WatchHub hub, WatchTruth truth)
{
    private sealed class Followed(WatchOptions options, long start)
    {
        public WatchOptions Options { get; } = options;

        public long Start { get; } = start;

        public List<KeyVersion> Seen { get; } = [];

        public bool IsCreated { get; set; }

        public bool IsOver { get; set; }
    }

    private readonly Dictionary<long, Followed> _watches = [];
    private long _lastId;

    public WatchStream Stream { get; } = hub.OpenStream();

    public int EventsRead { get; private set; }

    public int Progresses { get; private set; }

    public int CanceledByCompaction { get; private set; }

    public void Create(WatchOptions options, long presentRevision)
    {
        var id = ++_lastId;
        _watches.Add(id, new(options, options.StartRevision == 0 ? presentRevision + 1 : options.StartRevision));
        Assert.Equal(id, Stream.Create(options, id));
    }

    public void CancelOne(Random random)
    {
        var open = _watches.Where(pair => !pair.Value.IsOver).Select(pair => pair.Key).ToList();
        if (open.Count > 0)
        {
            Stream.Cancel(open[random.Next(open.Count)]);
        }
    }

    public void Read(int noticesMax)
    {
        for (; noticesMax > 0 && Stream.TryRead(out var notice); noticesMax--)
        {
            Judge(notice);
        }
    }

    /// <summary>Reads until every watch has seen everything or is over; a hang is a failure.</summary>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        while (_watches.Values.Any(watch => !watch.IsOver && (!watch.IsCreated || watch.Seen.Count < truth.Of(watch.Options, watch.Start).Count())))
        {
            Judge(await Stream.ReadAsync(cancellation));
        }
    }

    private void Judge(WatchNotice notice)
    {
        if (notice is WatchNotice.Progress { WatchId: WatchNotice.WholeStream } progress)
        {
            Progresses++;

            // One that is not confirmed yet was created after the progress was made.
            Assert.All(_watches.Values.Where(watch => watch.IsCreated && !watch.IsOver), watch => Assert.True(HasSeenAll(watch, progress.Revision)));
            return;
        }

        var watch = _watches[notice.WatchId];
        Assert.False(watch.IsOver, "a notice came after the end");
        switch (notice)
        {
            case WatchNotice.Created:
                Assert.False(watch.IsCreated);
                watch.IsCreated = true;
                break;
            case WatchNotice.Events events:
                Assert.True(watch.IsCreated, "events came before the confirmation");
                EventsRead++;
                JudgeEvents(watch, events);
                break;
            case WatchNotice.Progress:
                Assert.True(HasSeenAll(watch, notice.Revision));
                break;
            case WatchNotice.Canceled canceled:
                watch.IsOver = true;
                if (canceled.CompactedRevision > 0)
                {
                    CanceledByCompaction++;
                    Assert.Contains(canceled.CompactedRevision, truth.All.Select(change => change.ModRevision));
                }

                break;
        }
    }

    private void JudgeEvents(Followed watch, WatchNotice.Events events)
    {
        Assert.NotEmpty(events.Changes);
        Assert.Same(watch.Options.State, events.State);
        var expected = truth.Of(watch.Options, watch.Start).Skip(watch.Seen.Count).Take(events.Changes.Count).ToList();
        Assert.Equal(expected.Select(Name), events.Changes.Select(Name));
        watch.Seen.AddRange(events.Changes);

        // A revision is whole: the next change that is due belongs to another one.
        var next = truth.Of(watch.Options, watch.Start).Skip(watch.Seen.Count).FirstOrDefault();
        Assert.True(next is null || next.ModRevision > events.Changes[^1].ModRevision, "a revision was torn");
    }

    private bool HasSeenAll(Followed watch, long revision) =>
        watch.IsCreated && watch.Seen.Count >= truth.Of(watch.Options, watch.Start).Count(change => change.ModRevision <= revision);

    private static string Name(KeyVersion change) => $"{Convert.ToHexString(change.Key.Span)}@{change.ModRevision}.{change.SubRevision}{(change.IsTombstone ? "-" : "+")}";
}
