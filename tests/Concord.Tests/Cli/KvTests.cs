using Concord.Protocol.Etcd;
using Google.Protobuf;

namespace Concord.Tests.Cli;

public sealed class KvTests : CliTests
{
    [Fact]
    public async Task Put_then_get_as_table_value_and_json()
    {
        Printed("Written at revision 2", await RunAsync("kv", "put", "greeting", "hello"));

        Printed("KEY       VALUE  REVISION  VERSION  LEASE\ngreeting  hello         2        1  -", await RunAsync("kv", "get", "greeting"));
        Printed("hello", await RunAsync("kv", "get", "greeting", "-o", "value"));
        Printed(
            """
            {
              "pairs": [
                {
                  "encoding": "text",
                  "key": "greeting",
                  "value": "hello",
                  "createRevision": 2,
                  "modRevision": 2,
                  "version": 1
                }
              ]
            }
            """,
            await RunAsync("kv", "get", "greeting", "-o", "json"));
    }

    [Fact]
    public async Task Put_tells_what_was_there_before_and_attaches_a_lease()
    {
        await RunAsync("kv", "put", "a", "1");

        Printed("Written at revision 3\nbefore: 1", await RunAsync("kv", "put", "a", "2", "--prev", "--lease", "1f"));
        Printed("KEY  REVISION  VERSION  LEASE\na           3        2  000000000000001f", await RunAsync("kv", "get", "a", "--keys-only"));
    }

    [Fact]
    public async Task Put_with_a_revision_is_a_compare_and_swap()
    {
        Assert.Equal(0, (await RunAsync("kv", "put", "a", "1", "--if-revision", "0")).ExitCode);
        var taken = await RunAsync("kv", "put", "a", "2", "--if-revision", "0");
        var missing = await RunAsync("kv", "put", "b", "2", "--if-revision", "7");

        Assert.Equal((3, 3), (taken.ExitCode, missing.ExitCode));
        Assert.StartsWith("error: 'a' was last changed at revision 2, not 0.\n", taken.Error, StringComparison.Ordinal);
        Assert.StartsWith("error: 'b' does not exist; you expected it at revision 7.\n", missing.Error, StringComparison.Ordinal);
        Printed("1", await RunAsync("kv", "get", "a", "-o", "value"));
    }

    [Fact]
    public async Task Ranges_by_prefix_by_end_and_from_a_key()
    {
        foreach (var key in new[] { "a", "b/1", "b/2", "c" })
            Server.Kv.Set(key, "v");

        Printed("b/1\nb/2", await RunAsync("kv", "get", "b/", "--prefix", "--keys-only", "-o", "value"));
        Printed("a\nb/1", await RunAsync("kv", "get", "a", "b/2", "--keys-only", "-o", "value"));
        Printed("b/2\nc", await RunAsync("kv", "get", "b/2", "--from-key", "--keys-only", "-o", "value"));
        Printed("a\nb/1\nb/2\nc", await RunAsync("kv", "get", "", "--prefix", "--keys-only", "-o", "value"));
        Printed("4", await RunAsync("kv", "get", "", "--prefix", "--count"));
        Printed("a\nb/1", await RunAsync("kv", "get", "", "--prefix", "--limit", "2", "--keys-only", "-o", "value"));
    }

    [Fact]
    public async Task A_missing_key_ends_with_4_and_an_empty_range_does_not()
    {
        var key = await RunAsync("kv", "get", "nope");
        var range = await RunAsync("kv", "get", "nope", "--prefix");

        Assert.Equal(new CliRun(4, "", "error: There is no key 'nope'.\n"), key);
        Assert.Equal(new CliRun(0, "No keys.\n", ""), range);
    }

    [Fact]
    public async Task Bytes_that_are_not_text_are_never_mangled()
    {
        byte[] value = [0xff, 0x00, 0x41];
        await RunAsync("kv", "put", "6b", "ff0041", "--input", "hex");

        Assert.Equal(ByteString.CopyFrom(value), Server.Kv.Requests.OfType<PutRequest>().Single().Value);
        Assert.Contains(@"\xff\x00A", (await RunAsync("kv", "get", "k")).Out, StringComparison.Ordinal);
        Printed("ff0041", await RunAsync("kv", "get", "k", "-o", "value", "--encoding", "hex"));
        Printed("/wBB", await RunAsync("kv", "get", "k", "-o", "value", "--encoding", "base64"));
        var json = await RunAsync("kv", "get", "k", "-o", "json");
        Assert.Contains("\"encoding\": \"base64\",\n      \"key\": \"aw==\",\n      \"value\": \"/wBB\"", json.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_can_come_from_a_file_or_from_standard_input()
    {
        byte[] bytes = [1, 2, 0xfe];
        using var directory = new TemporaryDirectory();
        var file = Path.Combine(directory.Path, "value");
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);

        await RunAsync("kv", "put", "a", "--file", file);
        await new CliStart { Endpoint = Server.Endpoint, Input = bytes }.RunAsync("kv", "put", "b", "--file", "-");

        Assert.All(Server.Kv.Requests.OfType<PutRequest>(), request => Assert.Equal(ByteString.CopyFrom(bytes), request.Value));
        Assert.Equal(2, Server.Kv.Requests.Count);
    }

    [Fact]
    public async Task Delete_counts_and_can_tell_what_is_gone()
    {
        foreach (var key in new[] { "b/1", "b/2", "c" })
            Server.Kv.Set(key, "v" + key);

        Printed("2 keys deleted  revision 5\n  - b/1  vb/1\n  - b/2  vb/2", await RunAsync("kv", "del", "b/", "--prefix", "--prev"));
        Printed("0 keys deleted  revision 5", await RunAsync("kv", "del", "b/1"));
        Printed("{\n  \"revision\": 6,\n  \"deleted\": 1\n}", await RunAsync("kv", "del", "c", "-o", "json"));
    }

    [Fact]
    public async Task Watch_prints_changes_until_it_is_stopped()
    {
        Server.Watch.Script(FakeWatch.Open(6), FakeWatch.Put(7, "a", "1"), FakeWatch.Delete(8, "a"));

        var run = await WatchAsync("  8  - a", "kv", "watch", "a");

        Assert.Equal(new CliRun(0, "12:00:00  7  + a  1\n12:00:00  8  - a\n", ""), run);
    }

    [Fact]
    public async Task Watch_as_json_prints_one_event_a_line()
    {
        Server.Watch.Script(FakeWatch.Open(5), FakeWatch.Compacted(5));
        Server.Watch.Script(FakeWatch.Open(9), FakeWatch.Delete(10, "a"));
        Server.Kv.Revision = 8;
        Server.Kv.Set("a", "1");

        var run = await WatchAsync("\"delete\"", "kv", "watch", "a", "--rev", "2", "-o", "json");

        Assert.Equal(
            """
            {"event":"relisted","revision":9,"pairs":[{"encoding":"text","key":"a","value":"1","createRevision":9,"modRevision":9,"version":1}],"reason":"revisions below 5 are compacted"}
            {"event":"delete","revision":10,"encoding":"text","key":"a"}

            """,
            run.Out);
    }

    private async Task<CliRun> WatchAsync(string until, params string[] args)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stop.CancelAfter(TimeSpan.FromSeconds(20));
        return await new CliStart
        {
            Endpoint = Server.Endpoint,
            Stop = stop.Token,
            Printed = text =>
            {
                if (text.Contains(until, StringComparison.Ordinal))
                    stop.Cancel();
            },
        }.RunAsync(args);
    }
}
