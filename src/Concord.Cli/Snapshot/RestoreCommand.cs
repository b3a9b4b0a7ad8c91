using System.CommandLine;
using System.Globalization;
using Concord.Cli.Cluster;
using Concord.Cli.Output;
using Concord.Mvcc;
using Concord.Storage;

namespace Concord.Cli.Snapshot;

internal sealed class RestoreCommand : CliCommand
{
    /// <summary>More than a busy cluster writes between two backups; of 2⁶³ revisions a restore takes a billionth.</summary>
    private const long DefaultBump = 1_000_000_000;

    private readonly Argument<string> _file = SnapshotPath.Argument("The copy");
    private readonly FoundingOptions _founding = new();

    private readonly Option<long?> _bump = NumberOption.Create(
        "--bump-revision", "N", $"How far the revision of the new cluster lies ahead of the copy's; more than was written after it. Default: {DefaultBump}");

    private readonly Option<bool> _markCompacted = new("--mark-compacted")
    {
        Description = "Watches and reads from earlier revisions are told to begin anew; false keeps the history of the copy",
        HelpName = "true|false",
        DefaultValueFactory = _ => true,
    };

    public RestoreCommand()
        : base("restore", "Make the data directory of one member of a new cluster from a copy. Run it on every member's host with the same copy, then start all servers.")
    {
        Add(_file);
        _founding.AddTo(this);
        Add(_bump);
        Add(_markCompacted);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "concord snapshot restore concord.snapshot --initial-cluster-token restored-2026-03",
        "concord snapshot restore concord.snapshot --name n1 --data-dir /var/lib/concord --initial-advertise-peer-urls http://10.0.0.1:2380 --initial-cluster n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380,n3=http://10.0.0.3:2380 --initial-cluster-token restored-2026-03",
    ];

    protected override Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var path = SnapshotPath.Of(call.Get(_file));
        var (identity, membership) = _founding.Decide(call);
        var directory = new NewDataDirectory(_founding.DataDirOf(call));
        using var reader = path.Open();
        if (reader.ClusterId == identity.ClusterId)
        {
            throw new CommandException(
                ExitCode.Usage,
                $"The new cluster would be taken for the one that the copy is of ({MemberArguments.Hex(identity.ClusterId)}): the addresses and the token are the same.",
                "Give --initial-cluster-token a text of its own, and the servers the same one.");
        }

        KeySpaceView view;
        using (var progress = new Progress(call.Host, "restoring"))
        {
            var content = SnapshotContent.Read(reader, progress, stop);
            try
            {
                view = content.Complete(call.Get(_bump) ?? DefaultBump, call.Get(_markCompacted)).View;
            }
            catch (FormatException error)
            {
                throw SnapshotContent.Unreadable(error);
            }

            directory.Fill(identity, membership, view, progress, stop);
        }

        Write(call, identity, view);
        return Task.FromResult(ExitCode.Ok);
    }

    private void Write(Invocation call, MemberIdentity identity, KeySpaceView view)
    {
        _ = view.Range(new(KeyRange.All) { CountOnly = true }, out var keys);
        var done = new SnapshotRestored(
            _founding.DataDirOf(call), MemberArguments.Hex(identity.ClusterId), MemberArguments.Hex(identity.MemberId), identity.Name,
            view.Revision, view.CompactedRevision, keys!.Count, _founding.StartOf(call));
        if (call.WantsJson)
        {
            call.WriteJson(done, OutputJson.Pretty.SnapshotRestored);
            return;
        }

        call.Screen.Line(
            "restored ", Ink.Strong(done.DataDir), string.Create(CultureInfo.InvariantCulture, $"  member {done.Name} of cluster {done.ClusterId}, revision {done.Revision}, {done.Keys} keys"));
        call.Screen.Line("  when all members are restored, start each with its own addresses:");
        call.Screen.Line($"    {done.Start}");
    }
}
