using System.Text.Json;
using Concord.EtcdBackend;
using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Concord.Storage;
using Concord.Tests.EtcdBackend;
using Google.Protobuf;

namespace Concord.Tests.Cli;

/// <summary>What <c>concord snapshot</c> does with etcd's files.</summary>
public sealed class EtcdCopyCommandTests : CliTests
{
    private readonly TemporaryDirectory _files = new();

    private string File => PathOf("etcd.db");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _files.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Status_tells_what_is_in_it()
    {
        await System.IO.File.WriteAllBytesAsync(File, Databases.OfEtcd());
        var status = JsonDocument.Parse((await RunAsync("snapshot", "status", File, "-o", "json")).Out).RootElement;

        Assert.Equal(
            ("etcd", 67L, 40L, 20L, 1, "7eafb97", true),
            (status.GetProperty("kind").GetString(), status.GetProperty("revision").GetInt64(), status.GetProperty("compactedRevision").GetInt64(),
                status.GetProperty("keys").GetInt64(), status.GetProperty("leases").GetInt32(), status.GetProperty("hash").GetString(),
                status.GetProperty("hashChecked").GetBoolean()));
        Assert.False(status.TryGetProperty("clusterId", out _));
        var text = await RunAsync("snapshot", "status", File);
        Assert.Contains("a database of etcd's, whole", text.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_history_of_etcd_goes_on_in_the_new_cluster()
    {
        await System.IO.File.WriteAllBytesAsync(File, Databases.OfEtcd());
        var run = await RunAsync("snapshot", "restore", File, "--data-dir", PathOf("n1"), "-o", "json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(67, JsonDocument.Parse(run.Out).RootElement.GetProperty("revision").GetInt64());
        var view = Load(PathOf("n1"));
        Assert.Equal((67, 40), (view.Revision, view.CompactedRevision));
        Assert.Equal(StoreError.None, RevisionHash.Of(view, 67, out var hash));
        Assert.Equal(132840343U, hash);
    }

    [Fact]
    public async Task A_bumped_revision_counts_as_compacted()
    {
        await System.IO.File.WriteAllBytesAsync(File, Databases.OfEtcd());
        await RunAsync("snapshot", "restore", File, "--data-dir", PathOf("bumped"), "--bump-revision", "1000");
        await RunAsync("snapshot", "restore", File, "--data-dir", PathOf("open"), "--bump-revision", "1000", "--mark-compacted", "false");

        Assert.Equal((1067, 1067), (Load(PathOf("bumped")).Revision, Load(PathOf("bumped")).CompactedRevision));
        Assert.Equal((1067, 40), (Load(PathOf("open")).Revision, Load(PathOf("open")).CompactedRevision));
    }

    [Fact]
    public async Task A_file_that_is_not_what_etcd_wrote_is_refused()
    {
        var bytes = Databases.OfEtcd();
        bytes[30_000] ^= 1;
        await System.IO.File.WriteAllBytesAsync(File, bytes);
        await System.IO.File.WriteAllBytesAsync(PathOf("cut.db"), Databases.OfEtcd()[..32_768]);

        var changed = await RunAsync("snapshot", "restore", File, "--data-dir", PathOf("x"), "-o", "json");
        var status = await RunAsync("snapshot", "status", File);
        var cut = await RunAsync("snapshot", "restore", PathOf("cut.db"), "--data-dir", PathOf("x"), "--skip-hash-check");

        Assert.Equal((1, 1, 1), (changed.ExitCode, status.ExitCode, cut.ExitCode));
        Assert.Equal("damaged", JsonDocument.Parse(changed.Error).RootElement.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("its hash is another", status.Error, StringComparison.Ordinal);
        Assert.Contains("cut short", cut.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(PathOf("x")));
    }

    [Fact]
    public async Task A_file_without_a_hash_is_taken_only_when_that_is_said()
    {
        await System.IO.File.WriteAllBytesAsync(File, Databases.OfEtcd()[..^32]);

        var refused = await RunAsync("snapshot", "restore", File, "--data-dir", PathOf("x"));
        var taken = await RunAsync("snapshot", "restore", File, "--data-dir", PathOf("y"), "--skip-hash-check");
        var status = await RunAsync("snapshot", "status", File);

        Assert.Equal((2, 0, 0), (refused.ExitCode, taken.ExitCode, status.ExitCode));
        Assert.Contains("--skip-hash-check", refused.Error, StringComparison.Ordinal);
        Assert.Contains("no hash to check", status.Out, StringComparison.Ordinal);
        Assert.False(Directory.Exists(PathOf("x")));
        Assert.Equal(67, Load(PathOf("y")).Revision);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Users_and_roles_move_in_and_out_again(bool isEnabled)
    {
        var reader = new Role { Name = Text("reader"), KeyPermission = { new Permission { PermType = Permission.Types.Type.Read, Key = Text("a"), RangeEnd = Text("b") } } };
        var auth = new BackendAuth(
            isEnabled,
            3,
            [
                new User { Name = Text("root"), Password = Text("$2a$10$x"), Roles = { "root" }, Options = new() },
                new User { Name = Text("ruth"), Options = new() { NoPassword = true }, Roles = { "reader" } },
            ],
            [reader, new Role { Name = Text("root") }]);
        await System.IO.File.WriteAllBytesAsync(File, Databases.Write(new KeySpace().View, auth));

        var run = await RunAsync("snapshot", "restore", File, "--data-dir", PathOf("x"));

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var restored = Load(PathOf("x")).Auth;
        var again = BackendRights.Of(restored);
        Assert.Equal((isEnabled, isEnabled), (restored.IsEnabled, restored.Key is not null));
        Assert.Equal(auth.Users, again.Users);
        Assert.Equal(auth.Roles, again.Roles);
    }

    [Fact]
    public async Task Users_that_cannot_be_are_an_error()
    {
        var auth = new BackendAuth(true, 3, [new User { Name = Text("root"), Roles = { "nowhere" } }], []);
        await System.IO.File.WriteAllBytesAsync(File, Databases.Write(new KeySpace().View, auth));

        var run = await RunAsync("snapshot", "restore", File, "--data-dir", PathOf("x"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("RoleNotFound", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(PathOf("x")));
    }

    private static ByteString Text(string text) => ByteString.CopyFromUtf8(text);

    [Fact]
    public async Task Skipping_the_hash_of_a_copy_of_ours_is_an_error()
    {
        await RunAsync("snapshot", "save", File);
        var run = await RunAsync("snapshot", "restore", File, "--data-dir", PathOf("x"), "--skip-hash-check");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("always checked", run.Error, StringComparison.Ordinal);
    }

    private string PathOf(string name) => Path.Combine(_files.Path, name);

    private static KeySpaceView Load(string directory)
    {
        var disk = new FileDisk(directory);
        using var storage = ReplicaStorage.Open(disk, MemberFile.TryRead(disk)!, new(), out var found);
        using var reader = storage.Snapshots.Open(new(found.Snapshot!.Index, found.Snapshot.Term));
        var content = new KeySpaceSnapshotReader();
        while (reader.TryReadChunk(out var chunk))
            content.Feed(chunk.Span);
        return content.Complete().View;
    }
}
