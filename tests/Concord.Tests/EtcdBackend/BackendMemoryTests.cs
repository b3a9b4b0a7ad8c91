using System.Diagnostics;
using Concord.EtcdBackend;
using Concord.EtcdBackend.Bolt;
using Concord.Mvcc;

namespace Concord.Tests.EtcdBackend;

/// <summary>What a copy costs beside the data: a hundred thousand keys, with CONCORD_LONG=1 a million.
/// Alone, because memory is the process's.</summary>
[CollectionDefinition(nameof(BackendMemoryTests), DisableParallelization = true)]
[Collection(nameof(BackendMemoryTests))]
public sealed class BackendMemoryTests(ITestOutputHelper output)
{
    private static readonly int Keys = Environment.GetEnvironmentVariable("CONCORD_LONG") == "1" ? 1_000_000 : 100_000;

    [Fact]
    public void Memory_does_not_grow_with_the_file()
    {
        const int Count = 400_000;
        long Peak(int count)
        {
            GC.Collect();
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var writer = new BoltWriter([new("key", () => new CountedPairs(count))], CancellationToken.None);
            var peak = 0L;
            var pieces = 0;
            foreach (var piece in writer.Pieces(32 << 10))
            {
                if (pieces++ % 200 == 0)
                {
                    peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - before);
                }
            }

            return peak;
        }

        Peak(10);
        var peak = Peak(Count);
        Assert.True(peak < 1 << 20, $"{peak} bytes were in use while {Count} pairs were written");
    }

    [Fact]
    public void A_copy_takes_a_small_part_of_the_memory_that_the_data_has()
    {
        var space = new KeySpace();
        for (var i = 0; i < Keys; i++)
        {
            space.Apply(new WriteCommand(new PutOperation(System.Text.Encoding.UTF8.GetBytes($"/registry/pods/default/pod-{i:d7}"), new byte[100])));
        }

        // Everything is from before the compaction: the dearest case, for all of it has to be sorted.
        space.Apply(new CompactCommand(space.Revision));
        space.Apply(new WriteCommand(new PutOperation("last"u8.ToArray(), new byte[1])));
        var view = space.Publish();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var started = Stopwatch.GetTimestamp();

        var writer = new BackendWriter(new(view, 1, 1, Databases.Members, BackendAuth.Off), CancellationToken.None);
        var laidOut = Stopwatch.GetElapsedTime(started);
        var (bytes, peak, pieces) = (0L, 0L, 0);
        foreach (var piece in writer.Pieces(32 << 10))
        {
            bytes += piece.Length;
            if (pieces++ % (Keys / 50) == 0)
            {
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - before);
            }
        }

        output.WriteLine($"{Keys} keys, {view.SizeBytes} bytes held, a file of {bytes} bytes: laid out in {laidOut.TotalMilliseconds:f0} ms, written in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:f0} ms, {peak} bytes beside the data");
        Assert.Equal(writer.FileBytes, bytes);
        Assert.True(peak < view.SizeBytes / 10, $"{peak} bytes beside {view.SizeBytes}");
        GC.KeepAlive(space);
    }

    private sealed class CountedPairs(int count) : BoltPairs
    {
        private int _next = -1;

        public override int KeyLength => sizeof(int);

        public override int ValueLength => 100;

        public override bool MoveNext() => ++_next < count;

        public override void CopyKey(Span<byte> destination) => System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(destination, _next);

        public override void CopyValue(Span<byte> destination) => destination.Fill((byte)_next);
    }
}
