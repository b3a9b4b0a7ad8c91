using Concord.Cli.Cluster;
using Concord.Mvcc;
using Concord.Node;
using Concord.Storage;

namespace Concord.Cli.Snapshot;

/// <summary>What is in a copy.</summary>
internal sealed record SnapshotSummary
{
    public required string File { get; init; }

    public required long FileBytes { get; init; }

    public required string ClusterId { get; init; }

    /// <summary>The member that it was taken from, by id.</summary>
    public required string MemberId { get; init; }

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

    public static IReadOnlyList<string> NamesOf(Raft.Membership membership)
    {
        var directory = MemberDirectory.Of(membership);
        return [.. membership.Voters.Union(membership.Learners).Select(id => directory[id].Name is { Length: > 0 } name ? name : MemberArguments.Hex(id.Value))];
    }

    public static SnapshotSummary Of(string file, SnapshotReader reader, KeySpaceView view)
    {
        _ = view.Hash(view.Revision, out var hash);
        _ = view.Range(new(KeyRange.All) { CountOnly = true }, out var keys);
        return new()
        {
            File = file,
            FileBytes = reader.FileBytes,
            ClusterId = MemberArguments.Hex(reader.ClusterId),
            MemberId = MemberArguments.Hex(reader.MemberId),
            Members = NamesOf(reader.Metadata.Membership),
            Revision = view.Revision,
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
