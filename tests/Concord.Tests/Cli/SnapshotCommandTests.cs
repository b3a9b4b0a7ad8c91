using System.Text.Json;
using Concord.Mvcc;
using Concord.Node;
using Concord.Protocol.V1;
using Concord.Raft;
using Concord.Server.Cluster;
using Concord.Storage;

namespace Concord.Tests.Cli;

public sealed class SnapshotCommandTests : CliTests
{
    private readonly TemporaryDirectory _files = new();

    private string File => PathOf("a.snapshot");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _files.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_is_saved_is_whole_and_tells_what_is_in_it()
    {
        Fill();

        var saved = await RunAsync("snapshot", "save", File);
        Assert.Equal((0, ""), (saved.ExitCode, saved.Error));
        Assert.StartsWith($"saved {File}  revision 51, ", saved.Out, StringComparison.Ordinal);
        Assert.False(Server.Administration.Saved!.Local);
        Assert.Equal([File], Directory.GetFiles(_files.Path));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));

        var status = JsonDocument.Parse((await RunAsync("snapshot", "status", File, "-o", "json")).Out).RootElement;
        Assert.Equal(StoreError.None, Concord.EtcdBackend.RevisionHash.Of(Server.Administration.Space.View, 51, out var hash));
        Assert.Equal(
            (51L, 50L, "c1", hash.ToString("x", System.Globalization.CultureInfo.InvariantCulture)),
            (status.GetProperty("revision").GetInt64(), status.GetProperty("keys").GetInt64(), status.GetProperty("clusterId").GetString(), status.GetProperty("hash").GetString()));
    }

    [Fact]
    public async Task A_copy_that_breaks_off_or_arrives_changed_leaves_what_was_there()
    {
        Fill();
        await System.IO.File.WriteAllTextAsync(File, "the last good one");

        Server.Administration.Damage = part => part.End is null ? part : null;
        var broken = await RunAsync("snapshot", "save", File);
        Server.Administration.Damage = part => part.Data.Length == 100 ? new SaveSnapshotResponse { Data = Google.Protobuf.ByteString.CopyFrom(new byte[100]) } : part;
        var changed = await RunAsync("snapshot", "save", File);

        Assert.Equal((5, 1), (broken.ExitCode, changed.ExitCode));
        Assert.Contains("before it was complete", broken.Error, StringComparison.Ordinal);
        Assert.Contains("not what was sent", changed.Error, StringComparison.Ordinal);
        Assert.Equal("the last good one", await System.IO.File.ReadAllTextAsync(File));
        Assert.Equal([File], Directory.GetFiles(_files.Path));
    }

    [Fact]
    public async Task Every_damaged_byte_is_noticed()
    {
        Fill(keys: 3);
        await RunAsync("snapshot", "save", File);
        var good = await System.IO.File.ReadAllBytesAsync(File);
        for (var at = 0; at < good.Length; at++)
        {
            var bad = (byte[])good.Clone();
            bad[at] ^= 0x10;
            await System.IO.File.WriteAllBytesAsync(File, bad);
            var run = await RunAsync("snapshot", "status", File);
            Assert.True(run.ExitCode == 1 && run.Error.StartsWith("error: 'a.snapshot' is damaged at byte ", StringComparison.Ordinal), $"byte {at}: {run.ExitCode} {run.Error}");
        }

        await System.IO.File.WriteAllBytesAsync(File, good[..^1]);
        Assert.Equal(1, (await RunAsync("snapshot", "status", File)).ExitCode);
        await System.IO.File.WriteAllBytesAsync(File, [.. good, 0]);
        Assert.Equal(1, (await RunAsync("snapshot", "status", File)).ExitCode);
        Assert.Equal(4, (await RunAsync("snapshot", "status", File + "x")).ExitCode);
    }

    [Fact]
    public async Task A_restored_directory_is_that_of_the_member_that_the_servers_flags_found()
    {
        Fill();
        await RunAsync("snapshot", "save", File);
        const string Cluster = "n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380,n3=http://10.0.0.3:2380";
        var directory = PathOf("n2");

        var run = await RunAsync(
            "snapshot", "restore", File, "--name", "n2", "--data-dir", directory, "--initial-advertise-peer-urls", "http://10.0.0.2:2380/",
            "--initial-cluster", Cluster, "--initial-cluster-token", "again", "-o", "json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var options = new ServerOptions
        {
            Name = "n2",
            InitialAdvertisePeerUrls = [new("http://10.0.0.2:2380")],
            InitialCluster = [.. Enumerable.Range(1, 3).Select(n => new InitialMember($"n{n}", [new($"http://10.0.0.{n}:2380")]))],
            InitialClusterToken = "again",
        };
        var identity = MemberFounding.Found(options);
        var disk = new FileDisk(directory);
        Assert.Equal(identity, MemberFile.TryRead(disk));
        using var storage = ReplicaStorage.Open(disk, identity, new(), out var found);
        Assert.Equal(MemberFounding.Founders(options).Voters, found.Snapshot!.Membership.Voters);
        Assert.Equal(MemberDirectory.Of(MemberFounding.Founders(options)).Members, MemberDirectory.Of(found.Snapshot.Membership).Members);
        Assert.Empty(found.Entries);
        var view = Load(storage, found.Snapshot);
        Assert.Equal((1_000_000_051, 1_000_000_051), (view.Revision, view.CompactedRevision));
        Assert.Equal("value 7"u8.ToArray(), view.Get("key 7"u8)!.Value.ToArray());
        Assert.Equal(1_000_000_051, JsonDocument.Parse(run.Out).RootElement.GetProperty("revision").GetInt64());
    }

    [Fact]
    public async Task The_history_stays_when_the_revision_does()
    {
        Fill();
        await RunAsync("snapshot", "save", File);
        var directory = PathOf("one");

        var run = await RunAsync(
            "snapshot", "restore", File, "--data-dir", directory, "--initial-cluster-token", "again", "--bump-revision", "0", "--mark-compacted", "false");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var disk = new FileDisk(directory);
        using var storage = ReplicaStorage.Open(disk, MemberFile.TryRead(disk)!, new(), out var found);
        var view = Load(storage, found.Snapshot!);
        Assert.Equal((51, 0), (view.Revision, view.CompactedRevision));
        Assert.Equal(StoreError.None, view.Hash(0, out var hash));
        Assert.Equal(StoreError.None, Server.Administration.Space.View.Hash(0, out var original));
        Assert.Equal(original, hash);
    }

    [Fact]
    public async Task Nothing_is_overwritten_and_no_cluster_is_taken_for_another()
    {
        Fill();
        await RunAsync("snapshot", "save", File);
        var directory = PathOf("n1");
        Directory.CreateDirectory(directory);
        await System.IO.File.WriteAllTextAsync(Path.Combine(directory, "mine"), "");

        var taken = await RunAsync("snapshot", "restore", File, "--data-dir", directory, "--initial-cluster-token", "again");
        var stranger = await RunAsync("snapshot", "restore", File, "--data-dir", PathOf("x"), "--name", "n9", "--initial-cluster", "n1=http://10.0.0.1:2380");
        var other = await RunAsync(
            "snapshot", "restore", File, "--data-dir", PathOf("x"), "--name", "n1", "--initial-cluster", "n1=http://10.0.0.1:2380");

        Assert.Equal((3, 2, 2), (taken.ExitCode, stranger.ExitCode, other.ExitCode));
        Assert.False(Directory.Exists(PathOf("x")));
        Assert.Equal(["mine"], Directory.GetFiles(directory).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_copy_of_the_same_cluster_id_needs_a_token_of_its_own()
    {
        var token = "first";
        var founding = new ClusterFounding([new("default", ["http://localhost:2380"])], token);
        using (var writer = SnapshotFile.Create(new FileDisk(_files.Path), "a.snapshot", new(new(5), new(1), founding.Membership), new(founding.ClusterId, 1, "default")))
        {
            var bytes = new System.Buffers.ArrayBufferWriter<byte>();
            new KeySpaceSnapshotWriter(new KeySpace().View).WriteNext(bytes, 1000);
            writer.Write(bytes.WrittenSpan);
            writer.Commit();
        }

        var same = await RunAsync("snapshot", "restore", File, "--data-dir", PathOf("x"), "--initial-cluster-token", token);
        var own = await RunAsync("snapshot", "restore", File, "--data-dir", PathOf("x"), "--initial-cluster-token", "second");

        Assert.Equal((2, 0), (same.ExitCode, own.ExitCode));
        Assert.Contains("--initial-cluster-token", same.Error, StringComparison.Ordinal);
    }

    private string PathOf(string name) => Path.Combine(_files.Path, name);

    private static KeySpaceView Load(ReplicaStorage storage, SnapshotMetadata snapshot)
    {
        using var reader = storage.Snapshots.Open(new(snapshot.Index, snapshot.Term));
        var content = new KeySpaceSnapshotReader();
        while (reader.TryReadChunk(out var chunk))
            content.Feed(chunk.Span);
        return content.Complete().View;
    }

    private void Fill(int keys = 50)
    {
        for (var i = 0; i < keys; i++)
            Server.Administration.Space.Apply(new WriteCommand(new PutOperation(System.Text.Encoding.UTF8.GetBytes($"key {i}"), System.Text.Encoding.UTF8.GetBytes($"value {i}"))));
        Server.Administration.Space.Publish();
    }
}
