using System.Buffers;
using System.Threading.Channels;
using Concord.Mvcc;
using Concord.Raft;
using Concord.Server.Peers;
using Concord.Simulator.Disk;
using Concord.Storage;
using Concord.Tests.Replica;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Tests.Peers;

public sealed class SnapshotTransferTests
{
    private static readonly PeerLog Log = new(NullLogger.Instance);
    private static readonly SnapshotMetadata Metadata = new(new(50), new(3), Membership.Of(new MemberId(1), new MemberId(2)));

    private readonly Channel<PeerMessage.Snapshot> _received = Channel.CreateUnbounded<PeerMessage.Snapshot>();
    private readonly Channel<bool> _done = Channel.CreateUnbounded<bool>();

    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Fact]
    public async Task A_snapshot_arrives_whole_durable_and_loaded()
    {
        using var storage = Open(1);
        using var target = Open(2);
        var state = Write(storage, keys: 2000);
        using var receiver = Receiver(target);
        using PeerEnd a = new(1), b = new(2, snapshot: receiver.Receive);
        PeerEnd.Connect(a, b);
        using var sender = Sender(a, storage);

        sender.Send(Message);

        Assert.True(await _done.Reader.ReadAsync(Patience));
        var received = await _received.Reader.ReadAsync(Patience);
        Assert.Equal(Message.Snapshot.Index, received.Message.Snapshot.Index);
        Assert.Equal(HashOf(state.View), HashOf(received.Space.View));
        Assert.Equal([new LogPosition(new(50), new(3))], target.Snapshots.List());
    }

    [Fact]
    public async Task A_transfer_that_breaks_off_goes_on_where_it_was()
    {
        using var storage = Open(1);
        using var target = Open(2);
        var state = Write(storage, keys: 20_000);
        using var receiver = Receiver(target);
        using PeerEnd a = new(1), b = new(2, snapshot: receiver.Receive);

        // Every connection is cut after a third of the snapshot; were everything sent again each time, none would get through.
        await using var proxy = new CuttingProxy(b.Port, [.. Enumerable.Repeat(1_700_000L, a.Options.SnapshotAttempts)]);
        using var sender = Sender(a, storage, proxy.Url);

        sender.Send(Message);

        Assert.True(await _done.Reader.ReadAsync(Patience));
        Assert.Equal(HashOf(state.View), HashOf((await _received.Reader.ReadAsync(Patience)).Space.View));
    }

    [Fact]
    public async Task A_member_that_has_more_already_takes_none_and_the_leader_goes_on()
    {
        using var storage = Open(1);
        using var target = Open(2);
        Write(storage, keys: 10);
        using var receiver = Receiver(target, applied: 50);
        using PeerEnd a = new(1), b = new(2, snapshot: receiver.Receive);
        PeerEnd.Connect(a, b);
        using var sender = Sender(a, storage);

        sender.Send(Message);

        Assert.True(await _done.Reader.ReadAsync(Patience));
        Assert.Empty(target.Snapshots.List());
        Assert.False(_received.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_member_that_cannot_be_reached_gets_none_and_the_leader_is_told()
    {
        using var storage = Open(1);
        Write(storage, keys: 10);
        using PeerEnd a = new(1);
        string url;
        using (PeerEnd gone = new(2))
        {
            url = gone.Url;
        }

        using var sender = Sender(a, storage, url);

        sender.Send(Message);

        Assert.False(await _done.Reader.ReadAsync(Patience));
    }

    [Fact]
    public async Task A_receiver_whose_disk_is_full_keeps_nothing_and_the_leader_is_told()
    {
        using var storage = Open(1);
        var disk = new SharedDisk(new SimulatedDisk(seed: 2));
        using var target = ReplicaStorage.Open(disk, new(1, 2, "n2"), new() { SegmentBytes = 64 << 10 }, out _);
        Write(storage, keys: 20_000);
        using var receiver = Receiver(target);
        using PeerEnd a = new(1), b = new(2, snapshot: receiver.Receive);
        PeerEnd.Connect(a, b);
        using var sender = Sender(a, storage);
        disk.Change(d => d.CapacityBytes = d.UsedBytes + 700_000);

        sender.Send(Message);

        Assert.False(await _done.Reader.ReadAsync(Patience));
        Assert.Empty(target.Snapshots.List());
    }

    private static RaftMessage.InstallSnapshot Message => new(new(1), new(2), new(4), Metadata);

    private static ReplicaStorage Open(ulong member) =>
        ReplicaStorage.Open(new SharedDisk(new SimulatedDisk(seed: (int)member)), new(1, member, $"n{member}"), new() { SegmentBytes = 64 << 10 }, out _);

    private static KeySpace Write(ReplicaStorage storage, int keys)
    {
        var space = new KeySpace();
        for (var i = 0; i < keys; i++)
        {
            space.Apply(new WriteCommand(new PutOperation(System.Text.Encoding.ASCII.GetBytes($"key/{i:d6}"), new byte[200 + i % 50])));
        }

        space.Publish();
        using var file = storage.Snapshots.Create(Metadata);
        var source = new KeySpaceSnapshotWriter(space.View);
        var piece = new ArrayBufferWriter<byte>();
        while (source.WriteNext(piece, 64 << 10))
        {
        }

        file.Write(piece.WrittenSpan);
        file.Commit();
        return space;
    }

    private static uint HashOf(KeySpaceView view)
    {
        Assert.Equal(StoreError.None, view.Hash(0, out var hash));
        return hash;
    }

    private SnapshotReceiver Receiver(ReplicaStorage storage, long applied = 0) =>
        new(storage.Snapshots, () => new(applied), message => _received.Writer.TryWrite(message), Log);

    /// <param name="url">Where member 2 is; by default where the sender's network knows it.</param>
    private SnapshotSender Sender(PeerEnd from, ReplicaStorage storage, string? url = null)
    {
        if (url is not null)
        {
            var directory = Concord.Node.MemberDirectory.Empty.With(new(2), new("n2", [url], []));
            from.Network.Follow(Membership.Of(from.Id, new MemberId(2)) with { Context = directory.Encode() });
        }

        return new(from.Options, storage.Snapshots, from.Network, (_, delivered) => _done.Writer.TryWrite(delivered), Log);
    }
}
