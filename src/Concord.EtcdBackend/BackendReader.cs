using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Concord.EtcdBackend.Bolt;
using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Google.Protobuf;

namespace Concord.EtcdBackend;

/// <summary>Reads the state out of a database of etcd. Whatever is wrong with it is a <see cref="FormatException"/>.</summary>
public sealed class BackendReader
{
    private readonly BoltReader _file;
    private readonly Dictionary<string, byte[]> _meta;

    internal BackendReader(BoltReader file)
    {
        _file = file;
        _meta = Fixed(BucketName.Meta, [
            BucketName.MetaKey.ConsistentIndex, BucketName.MetaKey.FinishedCompaction, BucketName.MetaKey.ScheduledCompaction]);
        Index = Number(_meta, BucketName.MetaKey.ConsistentIndex);

        // A compaction that was decided on is in force, even if etcd has not come to the end of deleting.
        CompactedRevision = Math.Max(Compaction(BucketName.MetaKey.FinishedCompaction), Compaction(BucketName.MetaKey.ScheduledCompaction));
    }

    /// <summary>Bytes in use by the database.</summary>
    public long DataBytes => _file.DataBytes;

    /// <summary>Of the last log entry that is in it.</summary>
    public ulong Index { get; }

    public long CompactedRevision { get; }

    /// <summary>The members of the cluster it was taken from; etcd does not always know them there.</summary>
    public IReadOnlyList<BackendMember> Members()
    {
        var members = new List<BackendMember>();
        for (var pairs = _file.Open(BucketName.Members); pairs?.MoveNext() == true;)
        {
            members.Add(Member(pairs.Value));
        }

        return members;
    }

    public BackendAuth Auth()
    {
        var facts = Fixed(BucketName.Auth, [BucketName.AuthKey.Enabled, BucketName.AuthKey.Revision]);
        var users = new List<User>();
        for (var pairs = _file.Open(BucketName.AuthUsers); pairs?.MoveNext() == true;)
        {
            users.Add(Parse(User.Parser, pairs.Value, "user"));
        }

        var roles = new List<Role>();
        for (var pairs = _file.Open(BucketName.AuthRoles); pairs?.MoveNext() == true;)
        {
            roles.Add(Parse(Role.Parser, pairs.Value, "role"));
        }

        return new(facts.GetValueOrDefault(BucketName.AuthKey.Enabled) is [1], Number(facts, BucketName.AuthKey.Revision), users, roles);
    }

    /// <summary>Every lease, and every change since the compaction.</summary>
    /// <param name="progress">Told about how many bytes were read.</param>
    public HistoryBuilder ReadHistory(Action<long> progress, CancellationToken cancellation)
    {
        var history = new HistoryBuilder(CompactedRevision);
        for (var pairs = _file.Open(BucketName.Lease); pairs?.MoveNext() == true;)
        {
            var lease = Parse(Protocol.EtcdBackend.Lease.Parser, pairs.Value, "lease");
            history.AddLease(new(lease.ID), lease.TTL);
        }

        var changes = _file.Open(BucketName.Key) ?? throw new FormatException("The file has no bucket 'key': it is no database of etcd's version 3.");
        for (var bytes = 0L; changes.MoveNext();)
        {
            cancellation.ThrowIfCancellationRequested();
            Add(history, changes);
            bytes += changes.Key.Length + changes.Value.Length + BoltFormat.ElementBytes;
            progress(bytes);
        }

        return _file.HasChanged()
            ? throw new FormatException("The file was written to while it was read. Stop the etcd that it belongs to, or use 'etcdctl snapshot save'.")
            : history;
    }

    private static void Add(HistoryBuilder history, BoltCursor change)
    {
        if (!RevisionKey.TryRead(change.Key, out var at) || at.SubRevision is < 0 or > int.MaxValue)
        {
            throw new FormatException($"'{Convert.ToHexString(change.Key)}' is no revision.");
        }

        var pair = Parse(KeyValue.Parser, change.Value, $"change at revision {at.Revision}");
        if (pair.Key.IsEmpty)
        {
            // No client can write the empty key. etcdutl does, to leave a revision that others must not use.
            history.AddRevision(at.Revision);
        }
        else if (at.IsTombstone)
        {
            history.AddTombstone(pair.Key.Span, at.Revision, (int)at.SubRevision);
        }
        else if (pair.ModRevision != at.Revision)
        {
            throw new FormatException($"The change at revision {at.Revision} says that it is of revision {pair.ModRevision}.");
        }
        else
        {
            history.AddPut(pair.Key.Span, pair.Value.Span, pair.CreateRevision, at.Revision, (int)at.SubRevision, pair.Version, new(pair.Lease));
        }
    }

    private static T Parse<T>(MessageParser<T> parser, ReadOnlySpan<byte> bytes, string what)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new FormatException($"A {what} cannot be read: {error.Message}", error);
        }
    }

    private static BackendMember Member(ReadOnlySpan<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json.ToArray());
            var member = document.RootElement;
            return new(
                member.GetProperty("id").GetUInt64(),
                member.TryGetProperty("name", out var name) ? name.GetString() ?? "" : "",
                Texts(member, "peerURLs"),
                Texts(member, "clientURLs"),
                member.TryGetProperty("isLearner", out var learner) && learner.GetBoolean());
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException($"A member cannot be read: {error.Message}", error);
        }
    }

    private static IReadOnlyList<string> Texts(JsonElement member, string name) =>
        member.TryGetProperty(name, out var texts) && texts.ValueKind == JsonValueKind.Array
            ? [.. texts.EnumerateArray().Select(text => text.GetString() ?? "")]
            : [];

    private Dictionary<string, byte[]> Fixed(string bucket, string[] keys)
    {
        var found = new Dictionary<string, byte[]>();
        for (var pairs = _file.Open(bucket); pairs?.MoveNext() == true;)
        {
            foreach (var key in keys)
            {
                if (pairs.Key.SequenceEqual(Encoding.ASCII.GetBytes(key)))
                {
                    found.Add(key, pairs.Value.ToArray());
                }
            }
        }

        return found;
    }

    private long Compaction(string key)
    {
        if (!_meta.TryGetValue(key, out var bytes))
        {
            return 0;
        }

        return RevisionKey.TryRead(bytes, out var revision) && revision.Revision >= 0
            ? revision.Revision
            : throw new FormatException($"'{key}' is no revision.");
    }

    private static ulong Number(Dictionary<string, byte[]> facts, string key) =>
        !facts.TryGetValue(key, out var bytes) ? 0
        : bytes.Length == sizeof(ulong) ? BinaryPrimitives.ReadUInt64BigEndian(bytes)
        : throw new FormatException($"'{key}' is no number.");
}
