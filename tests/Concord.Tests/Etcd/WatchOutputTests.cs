using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Concord.Server.Etcd;
using Concord.Server.Replica;
using Google.Protobuf;

namespace Concord.Tests.Etcd;

/// <summary>What is written by hand is what the generated messages would write, byte for byte.</summary>
public sealed class WatchOutputTests
{
    private readonly KeySpace _space = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Events_are_written_as_the_generated_message_writes_them(bool previousPairs)
    {
        var (changes, view) = Changes();
        var header = new ResponseHeader { ClusterId = ulong.MaxValue, MemberId = 7, RaftTerm = 3, Revision = view.Revision };
        var expected = new List<byte[]>();
        var pipe = new Pipe(new(pauseWriterThreshold: 0));
        var output = new WatchOutput(pipe.Writer);
        foreach (var one in (IReadOnlyList<KeyVersion>[])[changes, [changes[0]], changes])
        {
            foreach (var watchId in (long[])[0, 1, 127, 128, 1L << 40])
            {
                var events = new WatchNotice.Events(watchId, view.Revision, one, view);
                output.Add(header, events, previousPairs);
                expected.Add(WatchAnswers.ToAnswer(header, events, previousPairs).ToByteArray());
            }

            // Another answer in between, another header after it, and a flush that takes what could be copied.
            var created = new WatchResponse { Header = header, WatchId = 5, Created = true };
            output.Add(created);
            expected.Add(created.ToByteArray());
            header = new ResponseHeader { Revision = header.Revision + 1 };
            if (output.IsFull)
            {
                Assert.True(await output.FlushAsync(TestContext.Current.CancellationToken));
            }
        }

        Assert.True(await output.FlushAsync(TestContext.Current.CancellationToken));
        await pipe.Writer.CompleteAsync();
        Assert.Equal(expected, await MessagesAsync(pipe.Reader));
    }

    [Fact]
    public async Task A_client_that_is_gone_ends_the_writing()
    {
        var pipe = new Pipe();
        var output = new WatchOutput(pipe.Writer);
        Assert.True(await output.FlushAsync(TestContext.Current.CancellationToken));
        output.Add(new WatchResponse { Created = true });
        await pipe.Reader.CompleteAsync();

        Assert.False(await output.FlushAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>A new key, a changed one, one with a lease and an empty value, a large one, a deleted one, one that is there again.</summary>
    private (IReadOnlyList<KeyVersion> Changes, KeySpaceView View) Changes()
    {
        _space.Apply(new LeaseGrantCommand(new LeaseId(77), 60));
        Put("a", "1");
        Put("a", "2");
        Put("leased", "", lease: 77);
        Put("large", new string('x', 20_000));
        _space.Apply(new WriteCommand(new DeleteOperation(KeyRange.Single(Encoding.UTF8.GetBytes("a")))));
        Put("a", "3");
        var view = _space.Publish();
        var changes = new List<KeyVersion>();
        view.ReadChanges(KeyRange.All, 1, 100, changes);
        Assert.Equal(6, changes.Count);
        return (changes, view);
    }

    private void Put(string key, string value, long lease = 0) =>
        _space.Apply(new WriteCommand(new PutOperation(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value)) { Lease = new(lease) }));

    private static async Task<List<byte[]>> MessagesAsync(PipeReader reader)
    {
        using var all = new MemoryStream();
        await reader.CopyToAsync(all, TestContext.Current.CancellationToken);
        var messages = new List<byte[]>();
        for (var rest = all.ToArray().AsMemory(); rest.Length > 0;)
        {
            Assert.Equal(0, rest.Span[0]);
            var size = BinaryPrimitives.ReadInt32BigEndian(rest.Span[1..]);
            messages.Add(rest.Slice(5, size).ToArray());
            rest = rest[(5 + size)..];
        }

        return messages;
    }
}
