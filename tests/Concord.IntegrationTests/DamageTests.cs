using Concord.Protocol.Etcd;
using Google.Protobuf;

namespace Concord.IntegrationTests;

/// <summary>What a start says and does when the data directory is not as the last process left it.</summary>
public sealed class DamageTests
{
    private const int Items = 200;

    [Fact]
    public async Task A_flipped_bit_in_the_log_refuses_to_start_and_names_file_place_and_remedy()
    {
        using var folder = new TemporaryFolder();
        await FillAsync(folder["data"]);
        var log = LastLogFile(folder["data"]);
        var middle = UsedBytes(log) / 2;
        Change(log, middle, bytes => bytes[0] ^= 0x10);

        await using var process = ServerProcess.Launch(folder["data"]);
        await process.WaitForExitAsync();

        Assert.NotEqual(0, process.ExitCode);
        Assert.Contains(Path.GetFileName(log), process.Output, StringComparison.Ordinal);
        Assert.Matches(@"(offset|byte) \d+", process.Output);
        Assert.Matches("restore|remove the member", process.Output);
    }

    [Fact]
    public async Task A_record_torn_at_the_end_is_cut_with_a_line_in_the_log()
    {
        using var folder = new TemporaryFolder();
        await FillAsync(folder["data"]);
        var log = LastLogFile(folder["data"]);
        // Only the start of one more record reached the disk: what a power cut in mid-write leaves.
        Change(log, UsedBytes(log), bytes => new byte[] { 0x40, 0x01, 0, 0, 0xde, 0xad }.CopyTo(bytes));

        await using var server = await ServerProcess.StartAsync(folder["data"]);

        Assert.Equal(Items, await CountAsync(server));
        Assert.Contains("torn", server.Process.Output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Two_servers_cannot_share_a_data_directory()
    {
        using var folder = new TemporaryFolder();
        await using var first = await ServerProcess.StartAsync(folder["data"]);

        await using var second = ServerProcess.Launch(folder["data"]);
        await second.WaitForExitAsync();

        Assert.NotEqual(0, second.ExitCode);
        Assert.Contains(folder["data"], second.Output, StringComparison.Ordinal);
        Assert.False(first.Process.HasExited);
    }

    private static async Task FillAsync(string data)
    {
        await using var server = await ServerProcess.StartAsync(data);
        for (var item = 0; item < Items; item++)
        {
            await server.KV.PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8($"item/{item:D4}"), Value = ByteString.CopyFromUtf8(new string('v', 100)) });
        }

        await server.Process.TerminateAsync();
        Assert.Equal(0, server.Process.ExitCode);
    }

    private static async Task<long> CountAsync(ServerProcess server) => (await server.KV.RangeAsync(new RangeRequest
    {
        Key = ByteString.CopyFromUtf8("item/"),
        RangeEnd = ByteString.CopyFromUtf8("item0"),
        CountOnly = true,
    })).Count;

    private static string LastLogFile(string data) => Directory.GetFiles(Path.Combine(data, "log"), "*.log").Order(StringComparer.Ordinal).Last(file => UsedBytes(file) > 4096);

    /// <summary>Segments are preallocated: what follows the last record is zeros.</summary>
    private static int UsedBytes(string file) => File.ReadAllBytes(file).AsSpan().LastIndexOfAnyExcept((byte)0) + 1;

    private static void Change(string file, int offset, Action<byte[]> change)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
        var bytes = new byte[16];
        RandomAccess.Read(handle, bytes, offset);
        change(bytes);
        RandomAccess.Write(handle, bytes, offset);
    }
}
