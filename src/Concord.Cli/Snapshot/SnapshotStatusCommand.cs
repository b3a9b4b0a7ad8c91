using System.CommandLine;
using System.Globalization;
using Concord.Cli.Output;

namespace Concord.Cli.Snapshot;

internal sealed class SnapshotStatusCommand : CliCommand
{
    private readonly Argument<string> _file = SnapshotPath.Argument("The copy");

    public SnapshotStatusCommand()
        : base("status", "Read a copy to its end, check every byte of it and tell what is in it; a database of etcd does as well. Needs no server.")
    {
        Add(_file);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord snapshot status concord.snapshot", "concord snapshot status etcd.db"];

    protected override Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var path = SnapshotPath.Of(call.Get(_file));
        SnapshotSummary summary;
        using (var progress = new Progress(call.Host, "checking"))
        {
            using var etcd = EtcdCopy.TryOpen(path);
            summary = etcd is null ? OfConcord(call, path, progress, stop) : OfEtcd(call, etcd, progress, stop);
        }

        if (call.WantsJson)
            call.WriteJson(summary, OutputJson.Pretty.SnapshotSummary);
        else
            Write(call.Screen, summary);
        return Task.FromResult(ExitCode.Ok);
    }

    private SnapshotSummary OfConcord(Invocation call, SnapshotPath path, Progress progress, CancellationToken stop)
    {
        using var reader = path.Open();
        try
        {
            return SnapshotSummary.Of(call.Get(_file), reader, SnapshotContent.Read(reader, progress, stop).Complete().View);
        }
        catch (FormatException error)
        {
            throw SnapshotContent.Unreadable(error);
        }
    }

    private SnapshotSummary OfEtcd(Invocation call, EtcdCopy copy, Progress progress, CancellationToken stop)
    {
        if (copy.HasHash)
            copy.CheckHash(progress, stop);
        var (database, history) = copy.Read(progress, stop);
        return EtcdCopy.Guard(() => SnapshotSummary.Of(call.Get(_file), copy, database, history.Complete(0, markCompacted: false).View));
    }

    private static void Write(Screen screen, SnapshotSummary summary)
    {
        var state = summary.Kind == SnapshotSummary.ConcordKind ? "whole" : "a database of etcd's, " + (summary.HashChecked == true ? "whole" : "readable; it has no hash to check");
        Line("file", $"{summary.File}, {ByteSize.Of(summary.FileBytes)}, {state}");
        Line("revision", Number(summary.Revision) + (summary.CompactedRevision > 0 ? $", compacted up to {Number(summary.CompactedRevision.Value)}" : ""));
        Line("keys", Number(summary.Keys!.Value) + (summary.Leases > 0 ? $", {summary.Leases} leases" : ""));
        Line("size", $"{ByteSize.Of(summary.SizeBytes!.Value)} in a server's memory");
        Line("hash", summary.Hash!);
        if (summary.Users + summary.Roles > 0)
            Line("access", $"{summary.Users} users, {summary.Roles} roles" + (summary.AuthEnabled == true ? ", asked for" : ", not asked for"));
        if (summary.ClusterId is not null || summary.Members.Count > 0)
            Line("cluster", string.Join(" of ", new[] { summary.ClusterId, string.Join(", ", summary.Members) }.Where(part => part is { Length: > 0 })));

        void Line(string name, string value) => screen.Line(Ink.Dim(name.PadRight(10)), value);
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
