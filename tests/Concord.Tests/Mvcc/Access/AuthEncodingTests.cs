using System.Buffers;
using Concord.Mvcc;
using Concord.Mvcc.Auth;
using CsCheck;

namespace Concord.Tests.Mvcc.Access;

/// <summary>Users in the log and in snapshots.</summary>
public sealed class AuthEncodingTests
{
    private static readonly Gen<string> Name = Gen.OneOf("root", "alice", "ü", "a b", "");
    private static readonly Gen<byte[]> Bytes = Gen.Byte.Array[0, 40];

    private static readonly Gen<KeyRange> Range = Gen.Select(Bytes, Bytes, (start, end) => new KeyRange(start, end));

    private static readonly Gen<Concord.Mvcc.Auth.Access> Access = Gen.Enum<Concord.Mvcc.Auth.Access>();

    private static readonly Gen<AuthChange> Change = Gen.OneOf<AuthChange>(
        Gen.Select(Bytes, Gen.Long, (secret, made) => (AuthChange)new EnableAuth(secret, made)),
        Gen.Const((AuthChange)new DisableAuth()),
        Gen.Select(Gen.Long, Bytes, Gen.Long, (number, secret, made) => (AuthChange)new ReplaceTokenKey(number, secret, made)),
        Gen.Select(Name, Name, Gen.Bool, (user, hash, none) => (AuthChange)new AddUser(user, hash, none)),
        Name.Select(user => (AuthChange)new DeleteUser(user)),
        Gen.Select(Name, Name, (user, hash) => (AuthChange)new ChangePassword(user, hash)),
        Gen.Select(Name, Name, (user, role) => (AuthChange)new GrantRole(user, role)),
        Gen.Select(Name, Name, (user, role) => (AuthChange)new RevokeRole(user, role)),
        Name.Select(role => (AuthChange)new AddRole(role)),
        Name.Select(role => (AuthChange)new DeleteRole(role)),
        Gen.Select(Name, Access, Range, (role, access, range) => (AuthChange)new GrantPermission(role, new(access, range))),
        Gen.Select(Name, Range, (role, range) => (AuthChange)new RevokePermission(role, range)));

    private static readonly Gen<Caller?> AnyCaller = Gen.Select(Name, Gen.Long, Gen.Select(Access, Range).Array[0, 3], Gen.Int[0, 3], (user, revision, required, none) =>
        none == 0 ? null : new Caller(user, revision) { Required = required.Length == 0 ? null : [.. required.Select(one => new RequiredRight(one.Item1, one.Item2))] });

    private static readonly Gen<Command> AnyCommand = Gen.Select(
        AnyCaller, Gen.Frequency((2, Change.Select(change => (Command)new AuthCommand(change))), (1, KeySpaceGen.Few.Command)),
        (caller, command) => command with { Caller = caller });

    [Fact]
    public void A_command_is_the_same_bytes_after_reading_them() => AnyCommand.Sample(command =>
    {
        var bytes = Encode(command);
        var read = CommandCodec.Decode(bytes);
        Assert.Equal(command.GetType(), read.GetType());
        Assert.Equal((command.Caller?.User, command.Caller?.AuthRevision, command.Caller?.Required?.Count), (read.Caller?.User, read.Caller?.AuthRevision, read.Caller?.Required?.Count));
        Assert.Equal(bytes, Encode(read));
    }, iter: 5_000);

    [Fact]
    public void Cut_bytes_are_refused_and_broken_ones_are_no_other_command() => Gen.Select(AnyCommand, Gen.Int[0, 10_000], Gen.Byte).Sample((command, place, value) =>
    {
        var bytes = Encode(command);
        Assert.Throws<FormatException>(() => CommandCodec.Decode(bytes.AsMemory(0, place % bytes.Length)));
        var broken = bytes.ToArray();
        broken[place % bytes.Length] = value;
        try
        {
            // Whatever it reads as, it has that one form.
            Assert.Equal(broken, Encode(CommandCodec.Decode(broken)));
        }
        catch (FormatException)
        {
        }
    }, iter: 5_000);

    [Fact]
    public void A_command_of_nobody_is_written_as_before_there_were_users() =>
        Assert.Equal("0101020001610176", Convert.ToHexString(Encode(new WriteCommand(AuthStore.Put("a")))));

    [Fact]
    public void A_snapshot_brings_users_back_and_the_hash_notices_them() => Change.Array[0, 60].Sample(changes =>
    {
        var store = AuthStore.Enabled(AuthStore.Reads("a", "b"), AuthStore.Writes("c"));
        store.As("root", AuthStore.Put("a"));
        foreach (var change in changes)
        {
            store.Change(change);
        }

        var before = store.Space.Publish();
        var restored = Snapshots.Restore(Snapshots.Write(before, 7), 5);
        Assert.Equal(Snapshots.Write(before, 1000), Snapshots.Write(restored.Publish(), 1000));
        Assert.Equal(AuthStateCodec.Encode(before.Auth), AuthStateCodec.Encode(restored.View.Auth));
        before.HashState(0, out var hash);
        restored.View.HashState(0, out var again);
        Assert.Equal(hash, again);

        restored.Apply(new AuthCommand(new AddRole("another")) { Caller = new("root", long.MaxValue) });
        restored.Publish().HashState(0, out var different);
        Assert.NotEqual(hash, different);
        before.Hash(0, out var keys);
        restored.View.Hash(0, out var sameKeys);
        Assert.Equal(keys, sameKeys);
    }, iter: 300);

    [Fact]
    public void Where_there_never_was_a_user_the_snapshot_is_of_the_format_without()
    {
        var space = new KeySpace();
        space.Apply(new WriteCommand(AuthStore.Put("a")));
        var bytes = Snapshots.Write(space.Publish(), 1000);
        Assert.Equal(2, bytes[0]);
        Assert.Equal(0, Snapshots.Restore(bytes, 3).View.Auth.Changes);
        space.View.Hash(0, out var keys);
        space.View.HashState(0, out var all);
        Assert.Equal(keys, all);
        Assert.Equal(3, Snapshots.Write(AuthStore.Enabled().Space.Publish(), 1000)[0]);
    }

    [Fact]
    public void Damaged_users_of_a_snapshot_are_noticed()
    {
        var bytes = Snapshots.Write(AuthStore.Enabled(AuthStore.Reads("a")).Space.Publish(), 10_000);
        var at = bytes.AsSpan().IndexOf("alice"u8);
        bytes[at]++;
        Assert.Throws<FormatException>(() => Snapshots.Restore(bytes, 100));
    }

    private static byte[] Encode(Command command)
    {
        var output = new ArrayBufferWriter<byte>();
        CommandCodec.Encode(command, output);
        return output.WrittenSpan.ToArray();
    }
}
