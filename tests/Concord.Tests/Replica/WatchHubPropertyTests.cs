using Concord.Mvcc;
using Concord.Server.Replica;
using CsCheck;

namespace Concord.Tests.Replica;

/// <summary>
/// Random writes, compactions, watches and readers of any speed; every notice is compared with the truth: nothing is lost,
/// doubled, torn or out of order, and only what compaction really took is cancelled.
/// </summary>
public sealed class WatchHubPropertyTests
{
    private const int Keys = 12;

    [Fact]
    public async Task What_is_delivered_is_what_happened()
    {
        var seeds = new List<int>();
        Gen.Int[1, int.MaxValue].Sample(seeds.Add, iter: Environment.GetEnvironmentVariable("CONCORD_LONG") == "1" ? 2000 : 30, threads: 1);
        var total = new Run();
        foreach (var seed in seeds)
        {
            var run = new Run { Seed = seed };
            try
            {
                await run.PlayAsync();
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"seed {seed}: {error.Message}", error);
            }

            total.Add(run);
        }

        // The runs must have been interesting.
        Assert.True(total.Events > 1000);
        Assert.True(total.Progresses > 0);
        Assert.True(total.CanceledByCompaction > 0);
    }

    private sealed class Run
    {
        public int Seed { get; init; }

        public int Events { get; private set; }

        public int Progresses { get; private set; }

        public int CanceledByCompaction { get; private set; }

        public void Add(Run other)
        {
            Events += other.Events;
            Progresses += other.Progresses;
            CanceledByCompaction += other.CanceledByCompaction;
        }

        public async Task PlayAsync()
        {
            var random = new Random(Seed);
            var space = new KeySpace();
            var truth = new WatchTruth();
            using var hub = new WatchHub(space.View, TimeProvider.System, TimeSpan.FromHours(1));
            var streams = Enumerable.Range(0, 3).Select(_ => new WatchedStream(hub, truth)).ToList();
            var lazy = streams[random.Next(streams.Count)];
            for (var step = 0; step < 700; step++)
            {
                var stream = streams[random.Next(streams.Count)];
                switch (random.Next(14))
                {
                    case 0:
                        stream.Create(Options(random, space.Revision), space.Revision);
                        break;
                    case 1 when random.Next(4) == 0:
                        stream.CancelOne(random);
                        break;
                    case 2:
                        stream.Stream.RequestProgress();
                        break;
                    case 3 or 4 or 5 when stream != lazy:
                        stream.Read(random.Next(60));
                        break;
                    case 6 when random.Next(8) == 0 && space.Revision > 1:
                        Compact(random, space, hub);
                        break;
                    default:
                        Write(random, space, truth, hub);
                        break;
                }
            }

            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            foreach (var stream in streams)
            {
                await stream.DrainAsync(timeout.Token);
                Events += stream.EventsRead;
                Progresses += stream.Progresses;
                CanceledByCompaction += stream.CanceledByCompaction;
            }
        }

        private static WatchOptions Options(Random random, long present)
        {
            var start = random.Next(4) switch
            {
                0 => 0,
                1 => present + random.Next(1, 20),
                _ => random.NextInt64(1, present + 1),
            };
            var range = random.Next(4) switch
            {
                0 => KeyRange.All,
                1 => KeyRange.From(Key(random)),
                2 => new KeyRange(new byte[] { (byte)random.Next(Keys) }, new byte[] { (byte)random.Next(Keys) }),
                _ => KeyRange.Single(Key(random)),
            };
            return new(range, start, NoPut: random.Next(8) == 0, NoDelete: random.Next(8) == 0) { State = new object() };
        }

        private static void Write(Random random, KeySpace space, WatchTruth truth, WatchHub hub)
        {
            for (var batch = random.Next(1, 5); batch > 0; batch--)
            {
                var before = space.Revision;
                var keys = Enumerable.Range(0, Keys).OrderBy(_ => random.Next()).Take(random.Next(1, 4)).ToList();
                space.Apply(new WriteCommand(new TransactionOperation([], [.. keys.Select(key => Change(random, (byte)key))], [])));
                if (space.Revision > before)
                {
                    var changes = new List<KeyVersion>();
                    space.Publish().ReadChanges(KeyRange.All, before + 1, int.MaxValue / 2, changes);
                    truth.All.AddRange(changes);
                }
            }

            hub.Notify(space.View);
        }

        private static Operation Change(Random random, byte key) => random.Next(4) == 0
            ? new DeleteOperation(KeyRange.Single(new[] { key }))
            : new PutOperation(new[] { key }, new byte[] { (byte)random.Next(256) });

        /// <summary>As the replica does it: everything before is published, then the compaction, then some trimming.</summary>
        private static void Compact(Random random, KeySpace space, WatchHub hub)
        {
            var revision = random.Next(2) == 0 ? space.Revision : random.NextInt64(1, space.Revision + 1);
            if (space.Apply(new CompactCommand(revision)).IsOk)
            {
                hub.Notify(space.Publish());
                if (hub.Position >= revision)
                {
                    space.Trim(random.Next(1, 500));
                    hub.Notify(space.Publish());
                }
            }
        }

        private static byte[] Key(Random random) => [(byte)random.Next(Keys)];
    }
}
