using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Concord.Protocol.Etcd;
using Concord.Server.Gateway;

namespace Concord.Tests.Etcd;

public sealed class GatewayTests(EtcdServer server) : IClassFixture<EtcdServer>
{
    private static readonly HttpClient Http = new();

    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Puts_and_reads_with_original_names_base64_and_numbers_as_strings()
    {
        var put = await PostAsync("/v3/kv/put", """{"key":"Z2F0ZS9h","value":"YmFy"}""");
        var range = await PostAsync("/v3/kv/range", """{"key":"Z2F0ZS9h"}""");

        var kv = range["kvs"]![0]!;
        Assert.Equal("Z2F0ZS9h", (string?)kv["key"]);
        Assert.Equal("YmFy", (string?)kv["value"]);
        Assert.Equal((string?)put["header"]!["revision"], (string?)kv["mod_revision"]);
        Assert.Equal("1", (string?)range["count"]);
        Assert.NotNull((string?)put["header"]!["cluster_id"]);
        Assert.Null(range["more"]);
    }

    [Fact]
    public async Task Takes_both_forms_of_field_names_and_runs_transactions()
    {
        var answer = await PostAsync(
            "/v3/kv/txn",
            """{"compare":[{"key":"Z2F0ZS9i","target":"CREATE","createRevision":"0"}],"success":[{"requestPut":{"key":"Z2F0ZS9i","value":"MQ=="}},{"request_range":{"key":"Z2F0ZS9i"}}]}""");

        Assert.True((bool?)answer["succeeded"]);
        Assert.Equal("MQ==", (string?)answer["responses"]![1]!["response_range"]!["kvs"]![0]!["value"]);
    }

    [Fact]
    public void Every_path_has_a_method_of_the_api_behind_it()
    {
        var methods = GatewayRoutes.All.Select(route => route.Describe()).ToList();

        Assert.DoesNotContain(null, methods);
        Assert.Equal(EtcdserverpbReflection.Descriptor.Services.Sum(service => service.Methods.Count) + 2 + 5, methods.Distinct().Count());
    }

    [Theory]
    [InlineData("/v3/kv/range", "", HttpStatusCode.BadRequest, 3, "etcdserver: key is not provided")]
    [InlineData("/v3/kv/put", """{"key":"YQ==","lease":"77"}""", HttpStatusCode.NotFound, 5, "etcdserver: requested lease not found")]
    [InlineData("/v3/kv/range", """{"key":"YQ==","revision":"999999"}""", HttpStatusCode.BadRequest, 11, "etcdserver: mvcc: required revision is a future revision")]
    [InlineData("/v3/nothing", "{}", HttpStatusCode.NotFound, 5, "Not Found")]
    public async Task Errors_have_the_code_the_text_and_a_fitting_status(string path, string body, HttpStatusCode status, int code, string text)
    {
        using var answer = await Http.PostAsync(server.Url + path[1..], new StringContent(body), _cancellation);
        var error = JsonNode.Parse(await answer.Content.ReadAsStringAsync(_cancellation))!;

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(code, (int?)error["code"]);
        Assert.Equal(text, (string?)error["message"]);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("""{"key":""")]
    [InlineData("""{"key":5}""")]
    [InlineData("""[]""")]
    public async Task What_is_no_request_is_refused_with_a_reason(string body)
    {
        using var answer = await Http.PostAsync(server.Url + "v3/kv/range", new StringContent(body), _cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("not the JSON of a RangeRequest", await answer.Content.ReadAsStringAsync(_cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reading_a_path_instead_of_posting_to_it_is_refused()
    {
        using var answer = await Http.GetAsync(server.Url + "v3/kv/range", _cancellation);

        Assert.Equal(HttpStatusCode.NotImplemented, answer.StatusCode);
    }

    [Fact]
    public async Task A_watch_streams_lines_of_results_until_the_client_leaves()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Url + "v3/watch")
        {
            Content = new StringContent("""{"create_request":{"key":"Z2F0ZS93"}}"""),
        };
        using var answer = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _cancellation);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(_cancellation));

        Assert.True((bool?)(await ReadLineAsync(lines))["result"]!["created"]);
        await server.PutAsync("gate/w", "1");
        Assert.Equal("MQ==", (string?)(await ReadLineAsync(lines))["result"]!["events"]![0]!["kv"]!["value"]);
    }

    [Fact]
    public async Task A_watch_runs_over_a_web_socket_too()
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri(server.Url.Replace("http://", "ws://", StringComparison.Ordinal) + "v3/watch"), _cancellation);
        await SendAsync(socket, """{"create_request":{"key":"Z2F0ZS9z"}}""");

        Assert.True((bool?)(await ReceiveAsync(socket))["result"]!["created"]);
        await server.PutAsync("gate/s", "1");
        Assert.Equal("MQ==", (string?)(await ReceiveAsync(socket))["result"]!["events"]![0]!["kv"]!["value"]);
        await SendAsync(socket, "{");
        Assert.Equal(3, (int?)(await ReceiveAsync(socket))["error"]!["code"]);
    }

    [Fact]
    public async Task A_keep_alive_answers_each_request_and_ends_with_them()
    {
        var lease = (string?)(await PostAsync("/v3/lease/grant", """{"TTL":"60"}"""))["ID"];
        using var answer = await Http.PostAsync(server.Url + "v3/lease/keepalive", new StringContent($$"""{"ID":"{{lease}}"}{"ID":"{{lease}}"}"""), _cancellation);
        var lines = (await answer.Content.ReadAsStringAsync(_cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(["60", "60"], lines.Select(line => (string?)JsonNode.Parse(line)!["result"]!["TTL"]));
    }

    [Fact]
    public async Task A_timeout_that_the_client_asks_for_holds()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Url + "v3/watch") { Content = new StringContent("{}") };
        request.Headers.Add("Grpc-Timeout", "100m");
        using var answer = await Http.SendAsync(request, _cancellation);

        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
    }

    private static async Task SendAsync(WebSocket socket, string text) =>
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);

    private static async Task<JsonNode> ReceiveAsync(WebSocket socket)
    {
        var buffer = new byte[64 << 10];
        var message = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).WaitAsync(EtcdServer.Patience);
        Assert.True(message.EndOfMessage);
        return JsonNode.Parse(buffer.AsSpan(0, message.Count))!;
    }

    private static async Task<JsonNode> ReadLineAsync(StreamReader lines) =>
        JsonNode.Parse((await lines.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(EtcdServer.Patience))!)!;

    private async Task<JsonNode> PostAsync(string path, string body)
    {
        using var answer = await Http.PostAsync(server.Url + path[1..], new StringContent(body), _cancellation);
        var text = await answer.Content.ReadAsStringAsync(_cancellation);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }
}
