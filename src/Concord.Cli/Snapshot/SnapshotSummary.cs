using Concord.Cli.Cluster;
using Concord.EtcdBackend;
using Concord.Mvcc;
using Concord.Node;
using Concord.Storage;

namespace Concord.Cli.Snapshot;

/// <summary>What is in a copy.</summary>
internal sealed record SnapshotSummary
{
    /// <summary>A copy that 'concord snapshot save' made.</summary>
    public const string ConcordKind = "concord";

    /// <summary>A database of etcd.</summary>
    public const string EtcdKind = "etcd";

    public string Kind { get; init; } = ConcordKind;

    public required string File { get; init; }

    public required long FileBytes { get; init; }

    /// <summary>etcd's database does not say.</summary>
    public string? ClusterId { get; init; }

    /// <summary>The member that it was taken from, by id; etcd's database does not say.</summary>
    public string? MemberId { get; init; }

    /// <summary>Those that belonged to the cluster, by name.</summary>
    public required IReadOnlyList<string> Members { get; init; }

    public required long Revision { get; init; }

    /// <summary>Left out where the whole copy was not read.</summary>
    public long? CompactedRevision { get; init; }

    public long? Keys { get; init; }

    public int? Leases { get; init; }

    /// <summary>What the key space takes in a server's memory.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>As the servers' HashKV of the revision.</summary>
    public string? Hash { get; init; }

    /// <summary>Of a database of etcd: whether it ends with a hash, which is right then.</summary>
    public bool? HashChecked { get; init; }

    public int? Users { get; init; }

    public int? Roles { get; init; }

    public bool? AuthEnabled { get; init; }

    public static IReadOnlyList<string> NamesOf(Raft.Membership membership)
    {
        var directory = MemberDirectory.Of(membership);
        return [.. membership.Voters.Union(membership.Learners).Select(id => directory[id].Name is { Length: > 0 } name ? name : MemberArguments.Hex(id.Value))];
    }

    public static SnapshotSummary Of(string file, SnapshotReader reader, KeySpaceView view) => new SnapshotSummary
    {
        File = file,
        FileBytes = reader.FileBytes,
        ClusterId = MemberArguments.Hex(reader.ClusterId),
        MemberId = MemberArguments.Hex(reader.MemberId),
        Members = NamesOf(reader.Metadata.Membership),
        Revision = view.Revision,
    }.With(view);

    /// <exception cref="FormatException">What is beside the keys is damaged.</exception>
    public static SnapshotSummary Of(string file, EtcdCopy copy, BackendReader database, KeySpaceView view)
    {
        var auth = database.Auth();
        return new SnapshotSummary
        {
            Kind = EtcdKind,
            File = file,
            FileBytes = copy.FileBytes,
            Members = [.. database.Members().Select(member => member.Name.Length > 0 ? member.Name : MemberArguments.Hex(member.Id))],
            Revision = view.Revision,
            HashChecked = copy.HasHash,
            Users = auth.Users.Count,
            Roles = auth.Roles.Count,
            AuthEnabled = auth.IsEnabled,
        }.With(view);
    }

    private SnapshotSummary With(KeySpaceView view)
    {
        // Nobody else has the view, so nothing is dropped from it meanwhile.
        _ = RevisionHash.Of(view, view.Revision, out var hash);
        _ = view.Range(new(KeyRange.All) { CountOnly = true }, out var keys);
        return this with
        {
            CompactedRevision = view.CompactedRevision,
            Keys = keys!.Count,
            Leases = view.Leases().Count,
            SizeBytes = view.SizeBytes,
            Hash = MemberArguments.Hex(hash),
        };
    }
}

internal sealed record SnapshotRestored(
    string DataDir, string ClusterId, string MemberId, string Name, long Revision, long CompactedRevision, long Keys, string Start);
