using System.Buffers;
using Concord.Raft;
using Concord.Storage;

namespace Concord.Simulator.Hosts;

/// <param name="Transfer">Names the sender's attempt; never used twice.</param>
/// <param name="Message">The encoded InstallSnapshot.</param>
/// <param name="Number">From zero; the next is sent when this one was answered.</param>
internal sealed record SnapshotPiece(long Transfer, byte[] Message, int Number, byte[] Body, bool IsLast);

/// <param name="IsTaken">False: the receiver gave up, and so must the sender.</param>
internal sealed record SnapshotPieceAnswer(long Transfer, int Number, bool IsTaken, bool IsComplete);

/// <summary>
/// Streams the snapshots that this member's leader role wants to send, and takes those that others send: piece by piece,
/// each repeated until it is answered, given up after a while. The core hears of the end either way.
/// </summary>
internal sealed class SnapshotTransfers(HostProcess process, ReplicaStorage storage)
{
    private const int PieceBytes = 2 << 10;

    /// <summary>In microseconds.</summary>
    private const long RepeatAfter = 150_000;

    private const int RepeatsMax = 6;

    private readonly Dictionary<long, Outgoing> _outgoing = [];
    private readonly Dictionary<int, Incoming> _incoming = [];

    private long _newest;

    public void Start(RaftMessage.InstallSnapshot message)
    {
        var pieces = Read(message.Snapshot);
        if (pieces is null)
        {
            Report(message.To, delivered: false);
            return;
        }

        var buffer = new ArrayBufferWriter<byte>();
        MessageCodec.Encode(message, buffer);
        var outgoing = new Outgoing(++_newest + ((long)process.Host.Number << 48) + (process.World.Events.Now << 8), message.To, buffer.WrittenSpan.ToArray(), pieces);
        _outgoing.Add(outgoing.Transfer, outgoing);
        process.World.Figures.SnapshotsSent++;
        Send(outgoing, repeats: 0);
    }

    public void Receive(int from, SnapshotPiece piece)
    {
        if (!_incoming.TryGetValue(from, out var incoming) || incoming.Transfer != piece.Transfer)
        {
            // A late piece of the transfer that ends here must not find its writer again.
            incoming?.Writer?.Dispose();
            _incoming.Remove(from);
            if (piece.Number != 0)
            {
                Answer(from, piece, isTaken: false);
                return;
            }

            _incoming[from] = incoming = new(piece.Transfer);
        }

        if (piece.Number == incoming.Taken)
        {
            try
            {
                Take(incoming, piece);
            }
            catch (DiskException)
            {
                incoming.Writer?.Dispose();
                _incoming.Remove(from);
                Answer(from, piece, isTaken: false);
                return;
            }
        }

        Answer(from, piece, isTaken: piece.Number < incoming.Taken);
    }

    public void Receive(SnapshotPieceAnswer answer)
    {
        if (!_outgoing.TryGetValue(answer.Transfer, out var outgoing) || answer.Number != outgoing.Sent)
            return;
        if (!answer.IsTaken || answer.IsComplete)
        {
            _outgoing.Remove(answer.Transfer);
            Report(outgoing.To, delivered: answer.IsComplete);
            return;
        }

        outgoing.Sent++;
        Send(outgoing, repeats: 0);
    }

    private List<byte[]>? Read(SnapshotMetadata snapshot)
    {
        var pieces = new List<byte[]>();
        try
        {
            using var file = storage.Snapshots.Open(new(snapshot.Index, snapshot.Term));
            while (file.TryReadChunk(out var chunk))
            {
                for (int start = 0; start < chunk.Length; start += PieceBytes)
                    pieces.Add(chunk.Slice(start, Math.Min(PieceBytes, chunk.Length - start)).ToArray());
            }
        }
        catch (Exception error) when (error is DiskException or StorageDamagedException)
        {
            return null;
        }

        return pieces;
    }

    private void Take(Incoming incoming, SnapshotPiece piece)
    {
        var message = (RaftMessage.InstallSnapshot)MessageCodec.Decode(piece.Message)!;
        incoming.Writer ??= storage.Snapshots.Create(message.Snapshot);
        incoming.Writer.Write(piece.Body);
        if (piece.IsLast)
        {
            incoming.Writer.Commit();
            incoming.Writer.Dispose();
            process.World.Figures.SnapshotsReceived++;
            process.Receive(message);
        }

        incoming.Taken++;
    }

    private void Send(Outgoing outgoing, int repeats)
    {
        int number = outgoing.Sent;
        if (repeats > RepeatsMax)
        {
            _outgoing.Remove(outgoing.Transfer);
            Report(outgoing.To, delivered: false);
            return;
        }

        process.World.SendSnapshotPiece(process.Host, outgoing.To, new(
            outgoing.Transfer, outgoing.Message, number, outgoing.Pieces[number], number == outgoing.Pieces.Count - 1));
        process.After(RepeatAfter, () =>
        {
            if (_outgoing.ContainsKey(outgoing.Transfer) && outgoing.Sent == number)
                Send(outgoing, repeats + 1);
        });
    }

    private void Answer(int to, SnapshotPiece piece, bool isTaken) => process.World.SendSnapshotAnswer(
        process.Host, to, new(piece.Transfer, piece.Number, isTaken, isTaken && piece.IsLast));

    private void Report(MemberId member, bool delivered) => process.Call(() => process.Raft.ReportSnapshot(member, delivered));

    private sealed class Outgoing(long transfer, MemberId to, byte[] message, List<byte[]> pieces)
    {
        public long Transfer => transfer;

        public MemberId To => to;

        public byte[] Message => message;

        public List<byte[]> Pieces => pieces;

        public int Sent { get; set; }
    }

    private sealed class Incoming(long transfer)
    {
        public long Transfer => transfer;

        public int Taken { get; set; }

        public SnapshotWriter? Writer { get; set; }
    }
}
