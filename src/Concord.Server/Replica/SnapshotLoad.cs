using System.Diagnostics;
using Concord.Mvcc;
using Concord.Raft;
using Concord.Storage;

namespace Concord.Server.Replica;

/// <summary>
/// Turns snapshots into key spaces. Reading and checking the file, decoding its blocks and putting them together go on at
/// once, and all of it beside the log when the server starts: docs/design/0002-log-format.md.
/// </summary>
internal sealed class SnapshotLoad(ReplicaLog events, CancellationToken cancellation)
{
    /// <summary>
    /// A key space of small values takes somewhat less than twice the bytes of its snapshot; what the log adds to it is a
    /// quarter at most, and there twice: as entries, and applied.
    /// </summary>
    private const int MemoryFactor = 3;

    private SnapshotMetadata? _underWay;
    private Task<KeySpace>? _loading;

    /// <summary>Begun with the newest; for whoever starts the replica to end.</summary>
    public CollectionPause Pause { get; private set; }

    /// <summary>Begins with the newest, before it is known whether it is the one to start from (<see cref="SnapshotReading"/>).</summary>
    public Action Start(SnapshotReader snapshot)
    {
        _underWay = snapshot.Metadata;
        Pause = CollectionPause.Begin(MemoryFactor * snapshot.FileBytes);
        _loading = Task.Run(() => Run(snapshot), cancellation);
        return () => _loading.GetAwaiter().GetResult();
    }

    /// <summary>What was begun, if it was this one.</summary>
    public KeySpace ResultFor(ReplicaStorage storage, SnapshotMetadata snapshot) =>
        _loading is not null && _underWay == snapshot ? _loading.GetAwaiter().GetResult() : Run(storage, snapshot);

    public KeySpace Run(ReplicaStorage storage, SnapshotMetadata snapshot) =>
        Run(storage.Snapshots.Open(new(snapshot.Index, snapshot.Term)));

    private KeySpace Run(SnapshotReader snapshot)
    {
        using var file = snapshot;
        var started = Stopwatch.GetTimestamp();
        var index = snapshot.Metadata.Index;
        var reader = new KeySpaceSnapshotReader(Beside);
        try
        {
            while (file.TryReadChunk(out var chunk))
            {
                cancellation.ThrowIfCancellationRequested();
                reader.Feed(chunk.Span);
            }

            var space = reader.Complete();
            events.SnapshotLoaded(index.Value, file.BodyBytes, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            return space;
        }
        catch (FormatException error)
        {
            throw new StorageMismatchException(
                $"The snapshot at entry {index} is whole but cannot be understood ({error.Message}). Use the program version that wrote it, or a newer one.");
        }
    }

    private static Action Beside(Action work)
    {
        var running = Task.Run(work);
        return running.GetAwaiter().GetResult;
    }
}
