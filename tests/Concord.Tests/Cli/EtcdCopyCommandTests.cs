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

    [Fact]
    public async Task Users_are_never_left_behind_in_silence()
    {
        var users = new BackendAuth(true, 3, [new User { Name = ByteString.CopyFromUtf8("root") }], []);
        await System.IO.File.WriteAllBytesAsync(File, Databases.Write(new KeySpace().View, users));
        await System.IO.File.WriteAllBytesAsync(PathOf("off.db"), Databases.Write(new KeySpace().View, users with { IsEnabled = false }));

        var enabled = await RunAsync("snapshot", "restore", File, "--data-dir", PathOf("x"));
        var off = await RunAsync("snapshot", "restore", PathOf("off.db"), "--data-dir", PathOf("y"));

        Assert.Equal((1, 0), (enabled.ExitCode, off.ExitCode));
        Assert.Contains("etcdctl auth disable", enabled.Error, StringComparison.Ordinal);
        Assert.StartsWith("warning: 1 users and 0 roles", off.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(PathOf("x")));
    }

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
