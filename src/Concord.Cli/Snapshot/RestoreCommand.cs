using System.CommandLine;
using System.Globalization;
using Concord.Cli.Cluster;
using Concord.Cli.Output;
using Concord.EtcdBackend;
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
        "--bump-revision", "N",
        $"How far the revision of the new cluster lies ahead of the copy's; more than was written after it. Default: {DefaultBump}, of a database of etcd 0");

    private readonly Option<bool?> _markCompacted = new("--mark-compacted")
    {
        Description = "Watches and reads from earlier revisions are told to begin anew; false keeps the history of the copy. Default: true, of a database of etcd only with --bump-revision",
        HelpName = "true|false",
    };

    private readonly Option<bool> _skipHash = new("--skip-hash-check")
    {
        Description = "Take a database of etcd without its hash, or with a wrong one: member/snap/db of a member that is stopped",
    };

    public RestoreCommand()
        : base("restore", "Make the data directory of one member of a new cluster from a copy, Concord's or etcd's ('etcdctl snapshot save'). Run it on every member's host with the same copy, then start all servers.")
    {
        Add(_file);
        _founding.AddTo(this);
        Add(_bump);
        Add(_markCompacted);
        Add(_skipHash);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "concord snapshot restore concord.snapshot --initial-cluster-token restored-2026-03",
        "concord snapshot restore concord.snapshot --name n1 --data-dir /var/lib/concord --initial-advertise-peer-urls http://10.0.0.1:2380 --initial-cluster n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380,n3=http://10.0.0.3:2380 --initial-cluster-token restored-2026-03",
        "concord snapshot restore etcd.db --initial-cluster-token moved-2026-03",
    ];

    protected override Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var path = SnapshotPath.Of(call.Get(_file));
        var (identity, membership) = _founding.Decide(call);
        var directory = new NewDataDirectory(_founding.DataDirOf(call));
        KeySpaceView view;
        using (var progress = new Progress(call.Host, "restoring"))
        {
            using var etcd = EtcdCopy.TryOpen(path);
            view = etcd is null ? ReadConcord(call, path, identity, progress, stop) : ReadEtcd(call, etcd, progress, stop);
            directory.Fill(identity, membership, view, progress, stop);
        }

        Write(call, identity, view);
        return Task.FromResult(ExitCode.Ok);
    }

    private KeySpaceView ReadConcord(Invocation call, SnapshotPath path, MemberIdentity identity, Progress progress, CancellationToken stop)
    {
        if (call.Get(_skipHash))
        {
            throw new CommandException(
                ExitCode.Usage, "--skip-hash-check is for databases of etcd, and the file is none.", "Leave it out: a copy of Concord's is always checked.");
        }

        using var reader = path.Open();
        if (reader.ClusterId == identity.ClusterId)
        {
            throw new CommandException(
                ExitCode.Usage,
                $"The new cluster would be taken for the one that the copy is of ({MemberArguments.Hex(identity.ClusterId)}): the addresses and the token are the same.",
                "Give --initial-cluster-token a text of its own, and the servers the same one.");
        }

        var content = SnapshotContent.Read(reader, progress, stop);
        try
        {
            return content.Complete(call.Get(_bump) ?? DefaultBump, call.Get(_markCompacted) ?? true).View;
        }
        catch (FormatException error)
        {
            throw SnapshotContent.Unreadable(error);
        }
    }

    /// <summary>
    /// The history goes on where it was, as with etcd's own tool: who moves stops the writes first, so what clients know is true
    /// of the new cluster. Who goes back to an older copy says so with --bump-revision.
    /// </summary>
    private KeySpaceView ReadEtcd(Invocation call, EtcdCopy copy, Progress progress, CancellationToken stop)
    {
        if (!call.Get(_skipHash))
        {
            if (!copy.HasHash)
            {
                throw new CommandException(
                    ExitCode.Usage,
                    "The database of etcd has no hash to check it by: it is the file of a member, or its end is missing.",
                    "If the member is stopped and the file whole, add --skip-hash-check; better is 'etcdctl snapshot save'.");
            }

            copy.CheckHash(progress, stop);
        }

        var (database, history) = copy.Read(progress, stop);
        var bump = call.Get(_bump) ?? 0;
        var space = EtcdCopy.Guard(() => history.Complete(bump, call.Get(_markCompacted) ?? bump > 0));
        EtcdCopy.Guard(() =>
        {
            database.Auth().ApplyTo(space);
            return space;
        });
        if (history.KeysOfLostLeases > 0)
            call.ErrorScreen.Line(new Ink("warning: ", Palette.Warning), $"{history.KeysOfLostLeases} keys name a lease that the copy does not have; they are kept, without a lease");
        return space.Publish();
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
