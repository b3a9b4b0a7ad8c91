using System.Buffers;
using Concord.Mvcc;

namespace Concord.Tests.Mvcc;

/// <summary>A key space that starts another cluster from a snapshot.</summary>
public sealed class RestoredKeySpaceTests
{
    [Fact]
    public void A_bumped_key_space_has_the_newest_versions_and_forgets_what_came_before()
    {
        var space = Sample();
        var restored = Read(space).Complete(1000, markCompacted: true);

        Assert.Equal((1004, 1004), (restored.Revision, restored.CompactedRevision));
        Assert.Equal("2"u8.ToArray(), restored.View.Get("a"u8)!.Value.ToArray());
        Assert.Null(restored.View.Get("b"u8));
        Assert.Equal(StoreError.Compacted, restored.View.Range(new(KeyRange.All) { Revision = 1003 }, out _));
        Assert.Equal(StoreError.None, restored.View.Range(new(KeyRange.All) { Revision = 1004 }, out _));
        Assert.Equal(1005, restored.Apply(Put("c", "1")).Revision);
    }

    [Fact]
    public void What_is_written_from_a_bumped_key_space_reads_back_and_goes_on()
    {
        var again = Read(Read(Sample()).Complete(1000, markCompacted: true)).Complete();

        Assert.Equal((1004, 1004), (again.Revision, again.CompactedRevision));
        Assert.Equal("2"u8.ToArray(), again.View.Get("a"u8)!.Value.ToArray());
        again.Apply(Put("a", "3"));
        again.Apply(new CompactCommand(1005));
        again.Publish();
        while (again.HasTrimming)
        {
            again.Trim(1);
        }

        Assert.Equal("3"u8.ToArray(), again.Publish().Get("a"u8)!.Value.ToArray());
    }

    [Fact]
    public void Without_a_bump_the_history_is_kept()
    {
        var restored = Read(Sample()).Complete(1000, markCompacted: false);

        Assert.Equal((1004, 0), (restored.Revision, restored.CompactedRevision));
        Assert.Equal(StoreError.None, restored.View.Range(new(KeyRange.All) { Revision = 2 }, out var old));
        Assert.Equal("1"u8.ToArray(), old!.Items[0].Value.ToArray());
    }

    [Fact]
    public void A_revision_beyond_all_numbers_is_refused() =>
        Assert.Throws<FormatException>(() => Read(Sample()).Complete(long.MaxValue - 2, markCompacted: true));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_history_longer_than_a_block_reads_back_whole(bool besideOthers)
    {
        var space = new KeySpace();
        for (var i = 0; i < 300; i++)
        {
            space.Apply(Put("a", new string('a', 1000) + i));
            space.Apply(Put($"b{i % 7}", new string('b', 500) + i));
        }

        space.Apply(Put("c", new string('c', 3_000_000)));
        space.Apply(Put("d", ""));
        var restored = Read(space, besideOthers ? Beside : null).Complete();

        Assert.Equal(History(space.Publish()), History(restored.View));
        Assert.Equal(space.View.SizeBytes, restored.View.SizeBytes);
    }

    [Fact]
    public void A_fault_in_a_block_that_is_read_beside_others_is_reported()
    {
        var space = new KeySpace();
        for (var i = 0; i < 3000; i++)
        {
            space.Apply(Put($"key-{i:d5}", new string('v', 100)));
        }

        var bytes = Write(space, 1000);
        var place = bytes.AsSpan().IndexOf("key-01500"u8);
        bytes[place - 2] = 9; // how the version starts
        var reader = new KeySpaceSnapshotReader(Beside);

        Assert.Contains("does not start a version", Assert.Throws<FormatException>(() => reader.Feed(bytes)).Message, StringComparison.Ordinal);
    }

    private static Action Beside(Action work)
    {
        var running = Task.Run(work);
        return running.GetAwaiter().GetResult;
    }

    /// <summary>Every version that can still be read, by revision.</summary>
    private static List<(string Key, long Revision, long Version, int Length)> History(KeySpaceView view)
    {
        var all = new List<(string, long, long, int)>();
        for (var revision = 2L; revision <= view.Revision; revision++)
        {
            Assert.Equal(StoreError.None, view.Range(new(KeyRange.All) { Revision = revision }, out var state));
            all.AddRange(state!.Items.Select(item => (System.Text.Encoding.UTF8.GetString(item.Key.Span), item.ModRevision, item.Version, item.Value.Length)));
        }

        return all;
    }

    private static KeySpace Sample()
    {
        var space = new KeySpace();
        space.Apply(Put("a", "1"));
        space.Apply(new WriteCommand(new TransactionOperation([], [new PutOperation("a"u8.ToArray(), "2"u8.ToArray()), new PutOperation("b"u8.ToArray(), "1"u8.ToArray())], [])));
        space.Apply(new WriteCommand(new DeleteOperation(KeyRange.Single("b"u8.ToArray()))));
        space.Publish();
        return space;
    }

    private static WriteCommand Put(string key, string value) =>
        new WriteCommand(new PutOperation(System.Text.Encoding.UTF8.GetBytes(key), System.Text.Encoding.UTF8.GetBytes(value)));

    private static KeySpaceSnapshotReader Read(KeySpace space, Func<Action, Action>? beside = null)
    {
        var reader = new KeySpaceSnapshotReader(beside);
        reader.Feed(Write(space, 50));
        return reader;
    }

    private static byte[] Write(KeySpace space, int pieceBytes)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new KeySpaceSnapshotWriter(space.Publish());
        while (writer.WriteNext(bytes, pieceBytes))
        {
        }

        return bytes.WrittenSpan.ToArray();
    }
}
