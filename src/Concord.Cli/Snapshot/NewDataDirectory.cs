using System.Buffers;
using Concord.Mvcc;
using Concord.Raft;
using Concord.Storage;

namespace Concord.Cli.Snapshot;

/// <summary>
/// The data directory of a member that begins with a state instead of nothing. It is made beside its place and moved there
/// when it is whole: half of it would look like a member that founds an empty cluster.
/// </summary>
internal sealed class NewDataDirectory
{
    private const int PieceBytes = 256 << 10;

    /// <summary>The state counts as the first entry of the new cluster's log, which all its members have.</summary>
    private static readonly LogPosition First = new(new(1), new(1));

    private readonly string _path;

    /// <exception cref="CommandException">Something is there already.</exception>
    public NewDataDirectory(string path)
    {
        _path = path.TrimEnd(Path.DirectorySeparatorChar);
        foreach (var taken in new[] { _path, Unfinished })
        {
            if (File.Exists(taken) || (Directory.Exists(taken) && Directory.EnumerateFileSystemEntries(taken).Any()))
            {
                throw new CommandException(
                    ExitCode.Conflict, $"'{taken}' exists and is not empty.", "Move it away, or choose another --data-dir. A restore never overwrites data.");
            }
        }
    }

    private string Unfinished => _path + ".restoring";

    public void Fill(MemberIdentity identity, Membership membership, KeySpaceView view, Progress progress, CancellationToken stop)
    {
        using (var storage = ReplicaStorage.Open(new FileDisk(Unfinished), identity, new(), out _))
        {
            using (var writer = storage.Snapshots.Create(new(First.Index, First.Term, membership)))
            {
                Write(view, writer, progress, stop);
                writer.Commit();
            }

            storage.InstallSnapshot(First, new(First.Term, MemberId.None, First.Index));
        }

        if (Directory.Exists(_path))
            Directory.Delete(_path);
        Directory.Move(Unfinished, _path);
        new FileDisk(Path.GetDirectoryName(_path)!).FlushDirectory("");
    }

    private static void Write(KeySpaceView view, SnapshotWriter writer, Progress progress, CancellationToken stop)
    {
        var source = new KeySpaceSnapshotWriter(view);
        var piece = new ArrayBufferWriter<byte>(PieceBytes);
        for (var goesOn = true; goesOn;)
        {
            stop.ThrowIfCancellationRequested();
            goesOn = source.WriteNext(piece, PieceBytes);
            writer.Write(piece.WrittenSpan);
            piece.ResetWrittenCount();
            progress.Show(writer.BodyBytes, view.SizeBytes);
        }
    }
}
