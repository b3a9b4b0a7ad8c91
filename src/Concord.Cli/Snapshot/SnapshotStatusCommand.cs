using System.CommandLine;
using System.Globalization;
using Concord.Cli.Output;

namespace Concord.Cli.Snapshot;

internal sealed class SnapshotStatusCommand : CliCommand
{
    private readonly Argument<string> _file = SnapshotPath.Argument("The copy");

    public SnapshotStatusCommand()
        : base("status", "Read a copy to its end, check every byte of it and tell what is in it. Needs no server.")
    {
        Add(_file);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord snapshot status concord.snapshot"];

    protected override Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var path = SnapshotPath.Of(call.Get(_file));
        using var reader = path.Open();
        SnapshotSummary summary;
        using (var progress = new Progress(call.Host, "checking"))
        {
            try
            {
                summary = SnapshotSummary.Of(call.Get(_file), reader, SnapshotContent.Read(reader, progress, stop).Complete().View);
            }
            catch (FormatException error)
            {
                throw SnapshotContent.Unreadable(error);
            }
        }

        if (call.WantsJson)
            call.WriteJson(summary, OutputJson.Pretty.SnapshotSummary);
        else
            Write(call.Screen, summary);
        return Task.FromResult(ExitCode.Ok);
    }

    private static void Write(Screen screen, SnapshotSummary summary)
    {
        Line("file", $"{summary.File}, {ByteSize.Of(summary.FileBytes)}, whole");
        Line("revision", Number(summary.Revision) + (summary.CompactedRevision > 0 ? $", compacted up to {Number(summary.CompactedRevision.Value)}" : ""));
        Line("keys", Number(summary.Keys!.Value) + (summary.Leases > 0 ? $", {summary.Leases} leases" : ""));
        Line("size", $"{ByteSize.Of(summary.SizeBytes!.Value)} in a server's memory");
        Line("hash", summary.Hash!);
        Line("cluster", $"{summary.ClusterId} of {string.Join(", ", summary.Members)}");

        void Line(string name, string value) => screen.Line(Ink.Dim(name.PadRight(10)), value);
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
