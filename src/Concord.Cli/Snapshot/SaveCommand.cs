using System.CommandLine;
using Concord.Cli.Cluster;
using Concord.Cli.Output;
using Concord.Client.Cluster;
using Concord.Raft;
using Concord.Storage;

namespace Concord.Cli.Snapshot;

internal sealed class SaveCommand : CliCommand
{
    private readonly Argument<string> _file = SnapshotPath.Argument("Where to; what has the name is replaced when the copy is complete and on the disk");

    private readonly Option<bool> _local = new("--local")
    {
        Description = "What the asked member has, also when it lags or there is no leader; for when a majority is lost",
    };

    public SaveCommand()
        : base("save", "Copy everything the cluster holds, as of one revision, while it goes on serving.")
    {
        Add(_file);
        Add(_local);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord snapshot save concord.snapshot", "concord snapshot save /backup/concord.snapshot --endpoints http://10.0.0.3:2379 --local"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var path = SnapshotPath.Of(call.Get(_file));
        using var download = await call.Client.Cluster.SaveSnapshotAsync(call.Get(_local), stop);
        var header = download.Header;
        var membership = MembershipCodec.Decode(header.Membership.Memory)
            ?? throw new CommandException(ExitCode.Failure, "The server's list of members cannot be read.", "Use a tool of the server's version.");
        var metadata = new SnapshotMetadata(new(header.Index), new(header.Term), membership);
        using (var writer = SnapshotFile.Create(new FileDisk(path.Directory), path.Name, metadata, new(header.ClusterId, header.MemberId, header.MemberName)))
        {
            await CopyAsync(call, download, writer, stop);
            writer.Commit();
        }

        Write(call, Path.Combine(path.Directory, path.Name), download, membership);
        return ExitCode.Ok;
    }

    private static async Task CopyAsync(Invocation call, SnapshotDownload download, SnapshotWriter writer, CancellationToken stop)
    {
        using var progress = new Progress(call.Host, "saving");
        await foreach (var piece in download.ReadAsync(stop))
        {
            writer.Write(piece.Span);
            progress.Show(writer.BodyBytes, download.Header.SizeHint);
        }

        if (download.End!.Bytes != writer.BodyBytes || download.End.Crc32C != writer.BodyChecksum)
        {
            throw new CommandException(
                ExitCode.Failure, "What arrived is not what was sent; nothing was kept.", "Save again. If it happens again, the network or a machine damages data.");
        }
    }

    private static void Write(Invocation call, string file, SnapshotDownload download, Membership membership)
    {
        var summary = new SnapshotSummary
        {
            File = file,
            FileBytes = new FileInfo(file).Length,
            ClusterId = MemberArguments.Hex(download.Header.ClusterId),
            MemberId = MemberArguments.Hex(download.Header.MemberId),
            Members = SnapshotSummary.NamesOf(membership),
            Revision = download.Header.Revision,
            CompactedRevision = download.Header.CompactedRevision,
        };
        if (call.WantsJson)
        {
            call.WriteJson(summary, OutputJson.Pretty.SnapshotSummary);
            return;
        }

        call.Screen.Line(
            "saved ", Ink.Strong(file), $"  revision {summary.Revision}, {ByteSize.Of(summary.FileBytes)}, from {download.Header.MemberName}");
        call.Screen.Hint("It holds every value in clear text. 'concord snapshot status' reads it back and checks it.");
    }
}
