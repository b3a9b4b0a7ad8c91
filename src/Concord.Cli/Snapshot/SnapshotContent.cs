using Concord.Mvcc;
using Concord.Storage;

namespace Concord.Cli.Snapshot;

/// <summary>Reads a copy to its end, which checks all of it, and builds the key space from it.</summary>
internal static class SnapshotContent
{
    /// <exception cref="StorageDamagedException">The file is no copy or damaged.</exception>
    public static KeySpaceSnapshotReader Read(SnapshotReader file, Progress progress, CancellationToken stop)
    {
        var content = new KeySpaceSnapshotReader();
        try
        {
            while (file.TryReadChunk(out var chunk))
            {
                stop.ThrowIfCancellationRequested();
                content.Feed(chunk.Span);
                progress.Show(file.BodyBytes, file.FileBytes);
            }
        }
        catch (FormatException error)
        {
            throw Unreadable(error);
        }

        return content;
    }

    /// <summary>The checksums are right, so it was written like this: by a newer version.</summary>
    public static CommandException Unreadable(FormatException error) => new(
        ExitCode.Failure, $"The file is whole but cannot be understood: {error.Message}", "Use the version of this tool that wrote it, or a newer one.");
}
