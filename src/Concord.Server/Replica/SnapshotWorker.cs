using System.Buffers;
using System.Diagnostics;
using Concord.Mvcc;
using Concord.Raft;
using Concord.Storage;
using SnapshotWriter = Concord.Storage.SnapshotWriter;

namespace Concord.Server.Replica;

/// <summary>
/// Writes snapshots from an immutable view, on a thread of their own and below the priority of everything else, while
/// writes go on.
/// </summary>
internal sealed class SnapshotWorker(SnapshotStore snapshots, LogWriter writer, ReplicaMetrics metrics, ReplicaLog events)
{
    private const int PieceBytes = 256 << 10;

    private Thread? _thread;
    private volatile bool _isStopping;

    /// <param name="done">Told, on some thread, whether the log before the snapshot may go.</param>
    public void Write(SnapshotMetadata metadata, KeySpaceView view, Action<bool> done)
    {
        _thread = new Thread(() => Run(metadata, view, done))
        {
            IsBackground = true,
            Name = "concord snapshot",
            Priority = ThreadPriority.BelowNormal,
        };
        _thread.Start();
    }

    /// <summary>Gives up a snapshot that is being written; it leaves nothing.</summary>
    public void Stop()
    {
        _isStopping = true;
        _thread?.Join();
    }

    private void Run(SnapshotMetadata metadata, KeySpaceView view, Action<bool> done)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            using var file = snapshots.Create(metadata);
            if (!WriteBody(view, file))
            {
                done(false);
                return;
            }

            var bytes = file.BodyBytes;
            var position = file.Commit();
            metrics.SnapshotSave.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
            writer.Adopt(position, adopted =>
            {
                if (adopted)
                {
                    events.SnapshotWritten(position.Index.Value, bytes, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }

                done(adopted);
            });
        }
        catch (DiskException error)
        {
            // No promise depends on a snapshot that is not adopted, so this is no reason to stop.
            events.SnapshotFailed(error.Message);
            done(false);
        }
    }

    private bool WriteBody(KeySpaceView view, SnapshotWriter file)
    {
        var source = new KeySpaceSnapshotWriter(view);
        var piece = new ArrayBufferWriter<byte>(PieceBytes);
        while (source.WriteNext(piece, PieceBytes))
        {
            file.Write(piece.WrittenSpan);
            piece.ResetWrittenCount();
            if (_isStopping)
            {
                return false;
            }
        }

        file.Write(piece.WrittenSpan);
        return true;
    }
}
