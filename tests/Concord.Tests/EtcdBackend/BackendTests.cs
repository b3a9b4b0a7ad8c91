using System.Buffers.Binary;
using System.Text;
using Concord.EtcdBackend;
using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Google.Protobuf;

namespace Concord.Tests.EtcdBackend;

public sealed class BackendTests
{
    [Fact]
    public void A_database_of_etcd_has_the_hash_that_etcd_gave_for_it()
    {
        var bytes = Databases.OfEtcd();
        Assert.True(Databases.FileOf(bytes).HashIsRight(_ => { }, CancellationToken.None));
        var view = Databases.Read(bytes).View;

        Assert.Equal(StoreError.None, RevisionHash.Of(view, 67, out var hash));
        Assert.Equal((67, 40, 132840343U), (view.Revision, view.CompactedRevision, hash));
        Assert.Equal(("v60", 21, 61, 3), Show(view, "k0"));
        Assert.Equal(("again", 63, 63, 1), Show(view, "k3"));
        Assert.Equal(20_000, view.Get("big"u8)!.Value.Length);
        var lease = Assert.Single(view.Leases());
        Assert.Equal((5000, "leased"), (view.LeaseTtl(lease), Encoding.UTF8.GetString(Assert.Single(view.LeaseKeys(lease)).Span)));
        Assert.Equal(["e"], Databases.Open(bytes).Members().Select(member => member.Name));

        // Watches go on from before the copy: k4 and k7 are deleted in 64 and 65, then come the large value and the one with the lease.
        var changes = new List<KeyVersion>();
        Assert.Equal(68, view.ReadChanges(KeyRange.All, 64, 100, changes));
        Assert.Equal([(64L, true), (65L, true), (66L, false), (67L, false)], changes.Select(change => (change.ModRevision, change.IsTombstone)));
    }

    [Fact]
    public void What_Concord_writes_has_members_users_and_roles()
    {
        var auth = new BackendAuth(true, 9, [new User { Name = ByteString.CopyFromUtf8("root"), Roles = { "root" } }], [new Role { Name = ByteString.CopyFromUtf8("root") }]);
        var bytes = Databases.Write(new KeySpace().View, auth);

        Assert.True(Databases.FileOf(bytes).HashIsRight(_ => { }, CancellationToken.None));
        var reader = Databases.Open(bytes);
        Assert.Equal(77UL, reader.Index);
        Assert.Equal(Databases.Members.Select(Show), reader.Members().Select(Show));
        var read = reader.Auth();
        Assert.Equal((true, 9UL), (read.IsEnabled, read.Revision));
        Assert.Equal(auth.Users, read.Users);
        Assert.Equal(auth.Roles, read.Roles);
        Assert.Equal(1, Databases.Read(bytes).Revision);

        var off = Databases.Open(Databases.Write(new KeySpace().View)).Auth();
        Assert.Equal((false, 1UL, 0, 0), (off.IsEnabled, off.Revision, off.Users.Count, off.Roles.Count));

        static string Show(BackendMember member) =>
            $"{member.Id:x} {member.Name} {string.Join(',', member.PeerUrls)} {string.Join(',', member.ClientUrls)} {member.IsLearner}";
    }

    [Fact]
    public void A_revision_that_no_key_has_is_not_lost()
    {
        var space = new KeySpace();
        Put(space, "a", "1");
        var bumped = Databases.Read(Databases.Write(Bumped(space, 1000, markCompacted: false).View));
        Assert.Equal((1002, 0), (bumped.Revision, bumped.CompactedRevision));
        Assert.Equal(1003, Put(bumped, "a", "2"));
        var again = Databases.Read(Databases.Write(bumped.Publish()));
        Assert.Equal((1003, 2L), (again.Revision, again.View.Get("a"u8)!.Version));

        var compacted = Databases.Read(Databases.Write(Bumped(space, 1000, markCompacted: true).View));
        Assert.Equal((1002, 1002, "1"), (compacted.Revision, compacted.CompactedRevision, Show(compacted.View, "a").Value));
    }

    /// <summary>etcd marks the revision that it bumps to with an empty value.</summary>
    [Fact]
    public void The_mark_that_etcdutl_leaves_is_a_revision_and_no_key()
    {
        var bytes = Databases.Write(("key", [Version(2, 0, "a", "1", 2, 1), (Revision(1002, 0), [])]));
        var space = Databases.Read(bytes);
        Assert.Equal((1002, "1"), (space.Revision, Show(space.View, "a").Value));
        Assert.Equal(1003, Put(space, "a", "2"));
    }

    [Fact]
    public void What_etcd_had_yet_to_delete_is_not_taken_over()
    {
        var bytes = Databases.Write(
            ("meta", [(Text("scheduledCompactRev"), Revision(5, 0)), (Text("finishedCompactRev"), Revision(2, 0))]),
            ("key",
            [
                Version(2, 0, "a", "1", 2, 1), Version(3, 0, "a", "2", 2, 2), Version(4, 0, "b", "1", 4, 1), Deleted(5, 0, "b"),
                Version(6, 0, "c", "1", 6, 1), Deleted(7, 0, "a"),
            ]));
        var space = Databases.Read(bytes);
        Assert.Equal((7, 5), (space.Revision, space.CompactedRevision));
        Assert.Null(space.View.Get("a"u8));
        Assert.Equal(StoreError.None, space.View.Range(new(KeyRange.All) { Revision = 6 }, out var range));
        Assert.Equal(["a", "c"], range!.Items.Select(item => Encoding.UTF8.GetString(item.KeySpan)));
        Assert.Equal(StoreError.Compacted, space.View.Range(new(KeyRange.All) { Revision = 4 }, out _));
        var changes = new List<KeyVersion>();
        space.View.ReadChanges(KeyRange.All, 5, 100, changes);
        Assert.Equal([5L, 6, 7], changes.Select(change => change.ModRevision));
    }

    [Fact]
    public void Keys_of_a_lease_that_is_not_there_stay_without_one()
    {
        var bytes = Databases.Write(("key", [Version(2, 0, "a", "1", 2, 1, lease: 77), Version(3, 0, "b", "1", 3, 1)]));
        var history = Databases.Open(bytes).ReadHistory(_ => { }, CancellationToken.None);
        var view = history.Complete(0, markCompacted: false).View;
        Assert.Equal(1, history.KeysOfLostLeases);
        Assert.Equal(("1", LeaseId.None), (Show(view, "a").Value, view.Get("a"u8)!.Lease));
        var changes = new List<KeyVersion>();
        view.ReadChanges(KeyRange.All, 2, 100, changes);
        Assert.Equal([LeaseId.None, LeaseId.None], changes.Select(change => change.Lease));
    }

    [Theory]
    [InlineData("is no revision", "text", "x")]
    [InlineData("is of revision 9", "mod", "")]
    [InlineData("does not follow", "gap", "")]
    [InlineData("deletes a key that is not there", "tombstone", "")]
    [InlineData("cannot be read", "garbage", "")]
    [InlineData("comes twice", "lease", "")]
    [InlineData("no bucket 'key'", "none", "")]
    [InlineData("'finishedCompactRev' is no revision", "compaction", "")]
    [InlineData("version 0 and create revision 2", "version", "")]
    public void What_cannot_be_is_refused_by_name(string expected, string which, string key)
    {
        var bytes = which switch
        {
            "text" => Databases.Write(("key", [(Text(key), Text("y"))])),
            "mod" => Databases.Write(("key", [(Revision(2, 0), Version(9, 0, "a", "1", 9, 1).Value)])),
            "gap" => Databases.Write(("key", [Version(2, 0, "a", "1", 2, 1), Version(3, 0, "a", "2", 2, 3)])),
            "tombstone" => Databases.Write(("key", [Deleted(2, 0, "a")])),
            "garbage" => Databases.Write(("key", [(Revision(2, 0), [0xff, 0xff, 0xff])])),
            "lease" => Databases.Write(("key", []), ("lease", [(Text("a"), Lease(5)), (Text("b"), Lease(5))])),
            "none" => Databases.Write(("other", [])),
            "compaction" => Databases.Write(("key", []), ("meta", [(Text("finishedCompactRev"), Text("x"))])),
            _ => Databases.Write(("key", [(Revision(2, 0), Version(2, 0, "a", "1", 2, 0).Value)])),
        };
        Assert.Contains(expected, Assert.ThrowsAny<FormatException>(() => Databases.Read(bytes)).Message, StringComparison.Ordinal);
    }

    private static KeySpace Bumped(KeySpace space, long by, bool markCompacted) =>
        Databases.Open(Databases.Write(space.Publish())).ReadHistory(_ => { }, CancellationToken.None).Complete(by, markCompacted);

    private static long Put(KeySpace space, string key, string value)
    {
        var revision = space.Apply(new WriteCommand(new PutOperation(Text(key), Text(value)))).Revision;
        space.Publish();
        return revision;
    }

    private static (string Value, long Create, long Mod, long Version) Show(KeySpaceView view, string key)
    {
        var version = view.Get(Text(key))!;
        return (Encoding.UTF8.GetString(version.ValueSpan), version.CreateRevision, version.ModRevision, version.Version);
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Revision(long revision, long sub, bool isDeletion = false)
    {
        var bytes = new byte[isDeletion ? 18 : 17];
        BinaryPrimitives.WriteInt64BigEndian(bytes, revision);
        bytes[8] = (byte)'_';
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(9), sub);
        if (isDeletion)
        {
            bytes[17] = (byte)'t';
        }

        return bytes;
    }

    private static (byte[] Key, byte[] Value) Version(long revision, long sub, string key, string value, long create, long version, long lease = 0) => (
        Revision(revision, sub),
        new KeyValue
        {
            Key = ByteString.CopyFromUtf8(key),
            Value = ByteString.CopyFromUtf8(value),
            CreateRevision = create,
            ModRevision = revision,
            Version = version,
            Lease = lease,
        }.ToByteArray());

    private static (byte[] Key, byte[] Value) Deleted(long revision, long sub, string key) =>
        (Revision(revision, sub, isDeletion: true), new KeyValue { Key = ByteString.CopyFromUtf8(key) }.ToByteArray());

    private static byte[] Lease(long id) => new Protocol.EtcdBackend.Lease { ID = id, TTL = 10 }.ToByteArray();
}
