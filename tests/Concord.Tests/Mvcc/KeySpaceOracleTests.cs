using System.Buffers;
using Concord.Mvcc;
using Concord.Tests.EtcdBackend;
using CsCheck;

namespace Concord.Tests.Mvcc;

/// <summary>
/// Runs random commands, reads, publications, trims and restores on the real key space and on the naive one; every
/// answer must be the same. A second real one trims at other times; its hashes must be the same.
/// </summary>
public sealed class KeySpaceOracleTests
{
    private static readonly long Effort = Environment.GetEnvironmentVariable("CONCORD_LONG") == "1" ? 50 : 1;

    [Fact]
    public void Few_keys_in_every_combination() => Check(KeySpaceGen.Few, steps: 80, runs: 2_000 * Effort);

    [Fact]
    public void Many_keys_in_a_deep_tree() => Check(KeySpaceGen.Many, steps: 900, runs: 12 * Effort);

    private static void Check(KeySpaceGen gen, int steps, long runs) =>
        Steps(gen).Array[1, steps].Sample(
            sequence =>
            {
                var pair = new Pair();
                foreach (var step in sequence)
                {
                    step.Run(pair);
                }

                new Hash(0).Run(pair);
            },
            iter: runs,
            print: sequence => string.Join(Environment.NewLine, sequence.Select(step => step.ToString())));

    private static Gen<IStep> Steps(KeySpaceGen gen) => Gen.Frequency(
        (40, gen.Command.Select(command => (IStep)new Apply(command))),
        (8, Gen.Const((IStep)new Publish())),
        (6, Gen.Int[1, 8].Select(count => (IStep)new Trim(count))),
        (1, Gen.Int[1, 40].Select(bytes => (IStep)new Restore(bytes))),
        (1, Gen.Const((IStep)new Move())),
        (10, Gen.Select(Gen.Int[0, 5], gen.Read, (view, read) => (IStep)new Read(view, read))),
        (3, Gen.Select(Gen.Int[0, 5], gen.ReadTransaction, (view, read) => (IStep)new ReadTransaction(view, read))),
        (3, Gen.Select(Gen.Int[0, 5], gen.Key, (view, key) => (IStep)new Get(view, key))),
        (5, Gen.Select(Gen.Int[0, 5], gen.Range, Gen.Long[-1, 60], Gen.Int[1, 6], (view, range, from, max) => (IStep)new Watch(view, range, from, max))),
        (2, Gen.Int[0, 5].Select(view => (IStep)new Leases(view))),
        (2, Gen.Long[0, 60].Select(revision => (IStep)new Hash(revision))));

    private interface IStep
    {
        void Run(Pair pair);
    }

    /// <summary>The real key space and the naive one, with the views that were made of both.</summary>
    private sealed class Pair
    {
        private const int ViewsKept = 6;

        public Pair() => Publish();

        public KeySpace Real { get; set; } = new();

        public KeySpace Replica { get; } = new();

        public NaiveKeySpace Naive { get; } = new();

        /// <summary>Newest first.</summary>
        private List<(KeySpaceView Real, NaiveKeySpace Naive)> Views { get; } = [];

        public (KeySpaceView Real, NaiveKeySpace Naive) View(int back) => Views[Math.Min(back, Views.Count - 1)];

        public void Publish()
        {
            Views.Insert(0, (Real.Publish(), Naive.Copy()));
            Views.RemoveRange(Math.Min(ViewsKept, Views.Count), Math.Max(0, Views.Count - ViewsKept));
        }

        /// <summary>
        /// A view may say "compacted" about its history once the key space is compacted beyond that; never anything else.
        /// </summary>
        public void SameOrCompacted(string expected, string actual, long revision)
        {
            if (actual != expected && !(actual.StartsWith("Compacted", StringComparison.Ordinal) && revision > 0 && revision < Real.CompactedRevision))
            {
                Assert.Equal(expected, actual);
            }
        }
    }

    private sealed record Apply(Command Command) : IStep
    {
        public void Run(Pair pair)
        {
            var expected = pair.Naive.Apply(Command);
            Assert.Equal(expected, Text.Of(pair.Real.Apply(Command)));
            Assert.Equal(expected, Text.Of(pair.Replica.Apply(Command)));
            Assert.Equal(pair.Naive.Revision, pair.Real.Revision);
            Assert.Equal(pair.Naive.CompactedRevision, pair.Real.CompactedRevision);
        }
    }

    private sealed record Publish : IStep
    {
        public void Run(Pair pair) => pair.Publish();
    }

    private sealed record Trim(int Count) : IStep
    {
        public void Run(Pair pair)
        {
            if (pair.Real.HasTrimming)
            {
                pair.Real.Trim(Count);
            }

            while (Count == 1 && pair.Replica.HasTrimming)
            {
                pair.Replica.Trim(3);
            }
        }
    }

    /// <summary>Replaces the real key space by what a snapshot of it restores.</summary>
    private sealed record Restore(int PieceBytes) : IStep
    {
        public void Run(Pair pair)
        {
            var restored = Snapshots.Restore(Snapshots.Write(pair.Real.Publish(), PieceBytes), PieceBytes);
            while (pair.Real.HasTrimming)
            {
                pair.Real.Trim(1);
            }

            Assert.Equal(pair.Real.Revision, restored.Revision);
            Assert.Equal(pair.Real.CompactedRevision, restored.CompactedRevision);
            Assert.False(restored.HasTrimming);
            pair.Real = restored;
        }
    }

    /// <summary>Replaces the real key space by what is read back from a database of etcd that was written from it.</summary>
    private sealed record Move : IStep
    {
        public void Run(Pair pair)
        {
            var moved = Databases.Read(Databases.Write(pair.Real.Publish()));
            Assert.Equal(pair.Real.Revision, moved.Revision);
            Assert.Equal(pair.Real.CompactedRevision, moved.CompactedRevision);
            Assert.False(moved.HasTrimming);
            pair.Real = moved;
        }
    }

    private sealed record Read(int Back, RangeOperation Operation) : IStep
    {
        public void Run(Pair pair)
        {
            var (real, naive) = pair.View(Back);
            var error = real.Range(Operation, out var result);
            pair.SameOrCompacted(naive.Range(Operation), Text.Of(error, result), Operation.Revision);
        }
    }

    private sealed record ReadTransaction(int Back, TransactionOperation Operation) : IStep
    {
        public void Run(Pair pair)
        {
            var (real, naive) = pair.View(Back);
            var revisions = Operation.Success.Concat(Operation.Failure).Cast<RangeOperation>().Select(range => range.Revision);
            pair.SameOrCompacted(
                naive.ReadTransaction(Operation),
                Text.Of(real.Read(Operation)),
                revisions.Where(revision => revision > 0).DefaultIfEmpty(0).Min());
        }
    }

    private sealed record Get(int Back, byte[] Key) : IStep
    {
        public void Run(Pair pair)
        {
            var (real, naive) = pair.View(Back);
            Assert.Equal(naive.Get(Key), Text.Of(real.Get(Key)));
        }
    }

    private sealed record Watch(int Back, KeyRange Range, long From, int Max) : IStep
    {
        public void Run(Pair pair)
        {
            var (real, naive) = pair.View(Back);
            var changes = new List<KeyVersion>();
            var next = real.ReadChanges(Range, From, Max, changes);
            var expected = naive.Changes(Range, From, Max);
            var actual = $"{next}: {string.Join(", ", changes.Select(change => $"{Text.Of(change)} before {Text.Of(real.Before(change))}"))}";
            if (real.CompactedRevision == pair.Real.CompactedRevision)
            {
                Assert.Equal(expected, actual);
            }
            else
            {
                // Previous values may be gone meanwhile; the changes themselves may not.
                Assert.Equal(WithoutBefore(expected), WithoutBefore(actual));
            }
        }

        private static string WithoutBefore(string text) =>
            string.Join(", ", text.Split(", ").Select(change => change.Split(" before ")[0]));
    }

    private sealed record Leases(int Back) : IStep
    {
        public void Run(Pair pair)
        {
            var (real, naive) = pair.View(Back);
            var actual = real.Leases().Select(lease =>
                $"{lease.Value}/{real.LeaseTtl(lease)}[{string.Join(" ", real.LeaseKeys(lease).Select(key => Text.Of(key.Span)))}]");
            Assert.Equal(naive.Leases(), string.Join(", ", actual));
        }
    }

    private sealed record Hash(long Revision) : IStep
    {
        public void Run(Pair pair)
        {
            var left = pair.Real.Publish().Hash(Revision, out var one);
            var right = pair.Replica.Publish().Hash(Revision, out var other);
            Assert.Equal((left, one), (right, other));
            CheckSize(pair.Real);
        }

        /// <summary>Whatever was trimmed when: what is held is what is accounted for.</summary>
        private static void CheckSize(KeySpace space)
        {
            while (space.HasTrimming)
            {
                space.Trim(1);
            }

            var restored = Snapshots.Restore(Snapshots.Write(space.Publish(), 1000), 1000);
            Assert.InRange(space.SizeBytes - restored.SizeBytes, 0, TombstonesMax(restored));
        }

        /// <summary>Trimming leaves at most one tombstone per key with newer versions.</summary>
        private static long TombstonesMax(KeySpace space)
        {
            var changes = new List<KeyVersion>();
            space.View.ReadChanges(KeyRange.All, space.CompactedRevision, int.MaxValue, changes);
            return changes.GroupBy(change => Text.Of(change.KeySpan)).Sum(key => KeySpace.VersionOverheadBytes + key.First().Key.Length);
        }
    }
}

internal static class Snapshots
{
    public static byte[] Write(KeySpaceView view, int pieceBytes)
    {
        var writer = new KeySpaceSnapshotWriter(view);
        var output = new ArrayBufferWriter<byte>();
        var before = 0;
        while (writer.WriteNext(output, pieceBytes))
        {
            Assert.InRange(output.WrittenCount - before, 1, pieceBytes);
            before = output.WrittenCount;
        }

        return output.WrittenSpan.ToArray();
    }

    public static KeySpace Restore(ReadOnlySpan<byte> data, int pieceBytes)
    {
        var reader = new KeySpaceSnapshotReader();
        for (; data.Length > pieceBytes; data = data[pieceBytes..])
        {
            reader.Feed(data[..pieceBytes]);
        }

        reader.Feed(data);
        return reader.Complete();
    }
}
