using System.CommandLine;
using Concord.Storage;

namespace Concord.Cli.Snapshot;

/// <summary>The file of a copy, as a name in its directory.</summary>
internal readonly record struct SnapshotPath(string Directory, string Name)
{
    public static Argument<string> Argument(string description) => new("FILE") { Description = description };

    public static SnapshotPath Of(string text)
    {
        var full = Path.GetFullPath(text);
        return Path.GetFileName(full) is { Length: > 0 } name && !System.IO.Directory.Exists(full)
            ? new(Path.GetDirectoryName(full)!, name)
            : throw new CommandException(ExitCode.Usage, $"'{text}' is a directory.", "Name a file.");
    }

    public SnapshotReader Open() => File.Exists(Path.Combine(Directory, Name))
        ? SnapshotFile.Open(new FileDisk(Directory), Name)
        : throw new CommandException(ExitCode.NotFound, $"There is no file '{Path.Combine(Directory, Name)}'.");
}
