using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Concord.EtcdBackend.Bolt;
using Concord.Mvcc;
using Google.Protobuf;

namespace Concord.EtcdBackend;

/// <summary>
/// Writes a state as the database that etcd's snapshot stream carries, for etcdctl and etcdutl to restore from. It has what
/// etcd 3.4 and later read; what later versions add (a schema version) they add by themselves.
/// </summary>
public sealed class BackendWriter
{
    /// <summary>
    /// The cluster version in it. etcd refuses to start below it and raises it by itself, so it is the lowest one that has
    /// everything that is written here.
    /// </summary>
    private const string ClusterVersion = "3.4.0";

    private readonly BoltWriter _file;

    /// <summary>Passes over the whole state once, to learn how long the file will be.</summary>
    public BackendWriter(BackendState state, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(state);
        var order = new RevisionOrder(state.View);
        _file = new(
            [
                new(BucketName.Key, () => new VersionPairs(order, state.View.Revision)),
                Bucket(BucketName.Meta, Meta(state)),
                Bucket(BucketName.Lease, Leases(state.View)),
                Bucket(BucketName.Alarm, []),
                Bucket(BucketName.Cluster, [Text(BucketName.ClusterKey.Version, Encoding.UTF8.GetBytes(ClusterVersion))]),
                Bucket(BucketName.Members, state.Members.Select(Member)),
                Bucket(BucketName.MembersRemoved, []),
                Bucket(BucketName.Auth,
                    [Text(BucketName.AuthKey.Enabled, [state.Auth.IsEnabled ? (byte)1 : (byte)0]), Text(BucketName.AuthKey.Revision, Number(state.Auth.Revision))]),
                Bucket(BucketName.AuthUsers, state.Auth.Users.Select(user => KeyValuePair.Create(user.Name.ToByteArray(), user.ToByteArray()))),
                Bucket(BucketName.AuthRoles, state.Auth.Roles.Select(role => KeyValuePair.Create(role.Name.ToByteArray(), role.ToByteArray()))),
            ],
            cancellation);
    }

    public long FileBytes => _file.FileBytes;

    /// <summary>See <see cref="BoltWriter.Pieces"/>.</summary>
    /// <exception cref="InvalidOperationException">The history was trimmed meanwhile.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces(int pieceBytes) => _file.Pieces(pieceBytes);

    private static BoltBucket Bucket(string name, IEnumerable<KeyValuePair<byte[], byte[]>> pairs)
    {
        KeyValuePair<byte[], byte[]>[] all = [.. pairs];
        return new(name, () => new SortedPairs(all));
    }

    private static IEnumerable<KeyValuePair<byte[], byte[]>> Meta(BackendState state)
    {
        yield return Text(BucketName.MetaKey.ConsistentIndex, Number(state.Index));
        yield return Text(BucketName.MetaKey.Term, Number(state.Term));
        yield return Text(BucketName.MetaKey.ConfState, ConfState(state.Members));
        if (state.View.CompactedRevision > 0)
        {
            var compacted = new RevisionKey(state.View.CompactedRevision, 0, IsTombstone: false).ToArray();
            yield return Text(BucketName.MetaKey.ScheduledCompaction, compacted);
            yield return Text(BucketName.MetaKey.FinishedCompaction, compacted);
        }
    }

    private static IEnumerable<KeyValuePair<byte[], byte[]>> Leases(KeySpaceView view) => view.Leases().Select(id => KeyValuePair.Create(
        Number((ulong)id.Value),
        new Protocol.EtcdBackend.Lease { ID = id.Value, TTL = view.LeaseTtl(id)!.Value }.ToByteArray()));

    private static KeyValuePair<byte[], byte[]> Member(BackendMember member) => KeyValuePair.Create(
        Encoding.ASCII.GetBytes(member.Id.ToString("x", System.Globalization.CultureInfo.InvariantCulture)),
        Json(json =>
        {
            json.WriteNumber("id", member.Id);
            WriteTexts(json, "peerURLs", member.PeerUrls);
            if (member.IsLearner)
            {
                json.WriteBoolean("isLearner", true);
            }

            if (member.Name.Length > 0)
            {
                json.WriteString("name", member.Name);
            }

            if (member.ClientUrls.Count > 0)
            {
                WriteTexts(json, "clientURLs", member.ClientUrls);
            }
        }));

    private static byte[] ConfState(IReadOnlyList<BackendMember> members) => Json(json =>
    {
        WriteNumbers("voters", members.Where(member => !member.IsLearner));
        if (members.Any(member => member.IsLearner))
        {
            WriteNumbers("learners", members.Where(member => member.IsLearner));
        }

        json.WriteBoolean("auto_leave", false);

        void WriteNumbers(string name, IEnumerable<BackendMember> some)
        {
            json.WriteStartArray(name);
            foreach (var member in some)
            {
                json.WriteNumberValue(member.Id);
            }

            json.WriteEndArray();
        }
    });

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static KeyValuePair<byte[], byte[]> Text(string key, byte[] value) => KeyValuePair.Create(Encoding.ASCII.GetBytes(key), value);

    private static byte[] Number(ulong number)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        return bytes;
    }
}
