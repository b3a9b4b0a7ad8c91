using System.Buffers;
using Concord.Mvcc;
using Concord.Raft;
using Concord.Storage;

namespace Concord.Simulator.Hosts;

/// <summary>What the server's snapshot thread does, piece by piece with time between, while writes go on.</summary>
internal sealed class SnapshotWriting(
    HostProcess process, ReplicaStorage storage, SnapshotMetadata metadata, KeySpaceView view, Action<bool> done)
{
    private const int PieceBytes = 4 << 10;

    private readonly ArrayBufferWriter<byte> _piece = new(PieceBytes);
    private KeySpaceSnapshotWriter? _source;
    private SnapshotWriter? _file;

    public void Begin() => Continue(() =>
    {
        _file = storage.Snapshots.Create(metadata);
        Continue(WritePiece);
    });

    private void WritePiece()
    {
        _source ??= new(process.Host.Rules.SnapshotView(view, process.Node.View));
        bool more = _source.WriteNext(_piece, PieceBytes);
        _file!.Write(_piece.WrittenSpan);
        _piece.ResetWrittenCount();
        Continue(more ? WritePiece : Commit);
    }

    private void Commit()
    {
        var position = _file!.Commit();
        _file.Dispose();
        process.DiskWorker.Adopt(position, done);
    }

    private void Continue(Action step) => process.After(process.Host.FlushDelay(), () => process.Guard(() =>
    {
        try
        {
            step();
        }
        catch (DiskException)
        {
            // No promise depends on a snapshot that is not adopted, so this is no reason to stop.
            _file?.Dispose();
            done(false);
        }
    }));
}
