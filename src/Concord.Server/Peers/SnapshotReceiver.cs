using Concord.Mvcc;
using Concord.Raft;
using Concord.Storage;
using SnapshotWriter = Concord.Storage.SnapshotWriter;

namespace Concord.Server.Peers;

/// <summary>
/// Takes a snapshot from a connection: writes it, loads it on the way, makes it durable, and only then gives it to the
/// replica. One at a time; what broke off is kept, so that the sender can go on where it was.
/// </summary>
internal sealed class SnapshotReceiver : IDisposable
{
    private readonly SnapshotStore _snapshots;
    private readonly Func<LogIndex> _applied;
    private readonly Action<PeerMessage.Snapshot> _received;
    private readonly PeerLog _events;
    private readonly Lock _current = new();
    private readonly Lock _receiving = new();
    private PeerConnection? _connection;
    private Partial? _partial;
    private bool _isStopped;

    /// <param name="applied">How far this member's state goes; older snapshots are of no use.</param>
    public SnapshotReceiver(SnapshotStore snapshots, Func<LogIndex> applied, Action<PeerMessage.Snapshot> received, PeerLog events)
    {
        _snapshots = snapshots;
        _applied = applied;
        _received = received;
        _events = events;
    }

    /// <summary>To the end of the connection. Whoever comes later takes the place of the one before, whose connection is dead or whose leader is.</summary>
    /// <exception cref="IOException">The connection broke; what arrived is kept.</exception>
    public void Receive(MemberId from, PeerConnection connection)
    {
        lock (_current)
        {
            _connection?.Dispose();
            _connection = connection;
        }

        lock (_receiving)
        {
            if (!_isStopped)
            {
                ReceiveAlone(from, connection);
            }
        }
    }

    public void Dispose()
    {
        lock (_current)
        {
            _connection?.Dispose();
        }

        lock (_receiving)
        {
            _isStopped = true;
            _partial?.Dispose();
            _partial = null;
        }
    }

    private void ReceiveAlone(MemberId from, PeerConnection connection)
    {
        if (!connection.Reader.TryRead(out var payload))
        {
            return;
        }

        var offer = SnapshotLane.ReadOffer(from, payload);
        var frames = new FrameBuffer();
        if (offer.Snapshot.Index <= _applied())
        {
            // Raft is told all the same: its answer tells the leader where this member is.
            SnapshotLane.WriteNumber(SnapshotLane.NotWanted, frames);
            connection.Send(frames);
            return;
        }

        try
        {
            var partial = Resume(offer);
            _events.SnapshotReceiving(offer.Snapshot.Index.Value, from.ToString(), partial.Bytes);
            SnapshotLane.WriteNumber(partial.Bytes, frames);
            connection.Send(frames);
            long bytes;
            uint checksum;
            while (SnapshotLane.TryReadPiece(connection.Reader, out var piece, out bytes, out checksum))
            {
                partial.Add(piece.Span);
            }

            Complete(partial, offer, bytes, checksum);
            frames.Clear();
            SnapshotLane.WriteNumber(partial.Bytes, frames);
            connection.Send(frames);
        }
        catch (Exception error) when (error is DiskException or FormatException)
        {
            // A full disk, or bytes that are no state: from the beginning next time. The sender sees the connection end.
            Drop();
            throw new PeerProtocolException(error.Message);
        }
    }

    /// <summary>What an earlier connection left of the same snapshot from the same sender, or a new beginning.</summary>
    private Partial Resume(RaftMessage.InstallSnapshot offer)
    {
        if (_partial is { } partial && partial.From == offer.From && partial.Index == offer.Snapshot.Index && partial.Term == offer.Snapshot.Term)
        {
            return partial;
        }

        Drop();
        return _partial = new(offer, _snapshots.Create(offer.Snapshot));
    }

    private void Complete(Partial partial, RaftMessage.InstallSnapshot offer, long bytes, uint checksum)
    {
        if (partial.Bytes != bytes || partial.Writer.BodyChecksum != checksum)
        {
            Drop();
            throw new PeerProtocolException($"the snapshot at entry {offer.Snapshot.Index} arrived damaged ({partial.Bytes} of {bytes} bytes)");
        }

        var space = partial.Reader.Complete();
        partial.Writer.Commit();
        Drop();
        _events.SnapshotReceived(offer.Snapshot.Index.Value, offer.From.ToString(), bytes);
        _received(new(offer, space) { From = offer.From });
    }

    private void Drop()
    {
        _partial?.Dispose();
        _partial = null;
    }

    private sealed class Partial(RaftMessage.InstallSnapshot offer, SnapshotWriter writer) : IDisposable
    {
        public MemberId From { get; } = offer.From;

        public LogIndex Index { get; } = offer.Snapshot.Index;

        public Term Term { get; } = offer.Snapshot.Term;

        public SnapshotWriter Writer { get; } = writer;

        public KeySpaceSnapshotReader Reader { get; } = new();

        public long Bytes => Writer.BodyBytes;

        public void Add(ReadOnlySpan<byte> piece)
        {
            Writer.Write(piece);
            Reader.Feed(piece);
        }

        public void Dispose() => Writer.Dispose();
    }
}
