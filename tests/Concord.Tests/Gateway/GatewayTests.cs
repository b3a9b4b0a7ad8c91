using System.Net;
using System.Net.WebSockets;
using System.Text;
using Concord.Protocol.Etcd;
using Concord.Tests.Client;
using Concord.Tests.Configs.Rest;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http;

namespace Concord.Tests.Gateway;

/// <summary>A whole gateway before a whole server, with backends in the test's process. Each test has services and an environment of its own.</summary>
public sealed class GatewayTests(RestServer server) : IClassFixture<RestServer>
{
    private static CancellationToken Patience => RestServer.Patience;

    [Fact]
    public async Task A_request_goes_to_the_service_of_its_route_with_the_path_and_headers_that_the_route_makes()
    {
        await using var backend = await TestBackend.StartAsync("a");
        await using var gateway = await TestGateway.StartAsync(server, "plain");
        await gateway.RegisterAsync("plain", "a", backend.Url);
        await gateway.RouteAsync("""
            routes:
              shop:
                service: plain
                match: { path: "/shop/{**rest}", methods: [GET, PUT] }
                stripPrefix: /shop
                addPrefix: /api
                setHeaders: { x-from: gateway }
              exact:
                service: plain
                match: { path: /only, headers: { x-tenant: blue } }
            """);

        Assert.Equal("a GET /api/price?q=1 gateway", await gateway.Http.GetStringAsync("/shop/price?q=1", Patience));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await gateway.Http.PostAsync("/shop/price", null, Patience)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Http.GetAsync("/elsewhere", Patience)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.Http.GetAsync("/only", Patience)).StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/only") { Headers = { { "x-tenant", "blue" } } };
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.SendAsync(request, Patience)).StatusCode);
    }

    [Fact]
    public async Task Routes_change_while_a_request_is_under_way_and_it_ends_as_it_began()
    {
        var release = new TaskCompletionSource();
        await using var slow = await TestBackend.StartAsync(async context =>
        {
            await context.Response.WriteAsync("begun ");
            await context.Response.Body.FlushAsync();
            await release.Task;
            await context.Response.WriteAsync("ended");
        });
        await using var other = await TestBackend.StartAsync("other");
        await using var gateway = await TestGateway.StartAsync(server, "change");
        await gateway.RegisterAsync("change-old", "a", slow.Url);
        await gateway.RegisterAsync("change-new", "b", other.Url);
        await gateway.RouteAsync("routes: { r: { service: change-old, match: { path: /x } } }");
        using var answer = await gateway.Http.GetAsync("/x", HttpCompletionOption.ResponseHeadersRead, Patience);

        await gateway.RouteAsync("routes: { r: { service: change-new, match: { path: /x } } }");

        Assert.StartsWith("other", await gateway.Http.GetStringAsync("/x", Patience), StringComparison.Ordinal);
        release.SetResult();
        Assert.Equal("begun ended", await answer.Content.ReadAsStringAsync(Patience));
    }

    [Fact]
    public async Task Routes_that_cannot_be_used_are_refused_the_last_good_ones_stay_and_the_server_is_told_why()
    {
        await using var backend = await TestBackend.StartAsync("a");
        // The server judges the application 'gateway' itself; another one is the gateway's own affair.
        await using var gateway = await TestGateway.StartAsync(server, "refused", application: "edge");
        await gateway.RegisterAsync("refused", "a", backend.Url);
        await server.ReleaseAsync("edge/refused", "yaml", "routes: { r: { service: refused, match: { path: /x } } }");
        await gateway.UntilAsync("/x", text => text.StartsWith("a GET", StringComparison.Ordinal), "the route is there");

        await server.ReleaseAsync("edge/refused", "yaml", "routes: { r: { service: refused, match: { path: x } } }");
        var broken = await gateway.LastReleaseAsync();

        await Wait.UntilAsync(
            async () => (await gateway.Client.Configs.ListInstancesAsync("edge", "refused", Patience))
                .Any(one => one.RejectedRelease == broken && one.Reason.Contains("'routes:r:match:path' is 'x'", StringComparison.Ordinal)),
            "the server knows");
        Assert.StartsWith("a GET", await gateway.Http.GetStringAsync("/x", Patience), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instances_that_come_and_go_are_used_and_left_without_a_failure()
    {
        await using var a = await TestBackend.StartAsync("a");
        await using var b = await TestBackend.StartAsync("b");
        await using var gateway = await TestGateway.StartAsync(server, "live");
        await gateway.RouteAsync("routes: { r: { service: live, match: { path: \"/{**all}\" } } }");
        using (var none = await gateway.Http.GetAsync("/", Patience))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, none.StatusCode);
            Assert.Contains("No instance of 'live' can be called.", await none.Content.ReadAsStringAsync(Patience), StringComparison.Ordinal);
        }

        var first = await gateway.RegisterAsync("live", "a", a.Url);
        await gateway.UntilAsync("/", text => text.StartsWith("a ", StringComparison.Ordinal), "a is found");
        await gateway.RegisterAsync("live", "b", b.Url);
        await gateway.UntilAsync("/", text => text.StartsWith("b ", StringComparison.Ordinal), "b is found");
        await first.StopAsync();
        await Wait.UntilAsync(
            async () => (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => gateway.Http.GetStringAsync("/", Patience)))).All(text => text.StartsWith("b ", StringComparison.Ordinal)),
            "a is left");
    }

    [Theory]
    [InlineData("GET", null)]
    [InlineData("PUT", "small")]
    [InlineData("POST", "was never sent")]
    public async Task Whoever_cannot_be_connected_to_is_passed_over(string method, string? body)
    {
        await using var alive = await TestBackend.StartAsync(async context =>
            await context.Response.WriteAsync($"alive {await new StreamReader(context.Request.Body).ReadToEndAsync()}"));
        await using var gateway = await TestGateway.StartAsync(server, $"dead-{method.ToLowerInvariant()}");
        var service = gateway.Environment;
        await gateway.RegisterAsync(service, "alive", alive.Url);
        await gateway.RegisterAsync(service, "dead", TestClients.Dead());
        await gateway.RouteAsync($"routes: {{ r: {{ service: {service}, match: {{ path: \"/{{**all}}\" }} }} }}");

        for (var i = 0; i < 10; i++)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), "/") { Content = body is null ? null : new StringContent(body) };
            using var answer = await gateway.Http.SendAsync(request, Patience);
            Assert.Equal($"alive {body}", await answer.Content.ReadAsStringAsync(Patience));
        }
    }

    [Fact]
    public async Task An_answer_that_says_not_now_is_asked_for_elsewhere_if_the_request_may_be_repeated()
    {
        await using var busy = await TestBackend.StartAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers["x-busy"] = "yes";
            return context.Response.WriteAsync("busy");
        });
        await using var alive = await TestBackend.StartAsync("alive");
        await using var gateway = await TestGateway.StartAsync(server, "busy");
        await gateway.RegisterAsync("busy", "alive", alive.Url);
        await gateway.RegisterAsync("busy", "busy", busy.Url);
        await gateway.RouteAsync("routes: { r: { service: busy, match: { path: \"/{**all}\" }, balancing: round_robin } }");

        for (var i = 0; i < 4; i++)
        {
            using var answer = await gateway.Http.GetAsync("/", Patience);
            Assert.StartsWith("alive GET", await answer.Content.ReadAsStringAsync(Patience), StringComparison.Ordinal);
            Assert.False(answer.Headers.Contains("x-busy"));
        }

        Assert.InRange(busy.Calls, 1, 4);
        // One of two in turn gets it; a POST may have had an effect.
        var posts = new List<HttpStatusCode> { await PostAsync(), await PostAsync() };
        Assert.Contains(HttpStatusCode.ServiceUnavailable, posts);

        async Task<HttpStatusCode> PostAsync() => (await gateway.Http.PostAsync("/", new StringContent("order"), Patience)).StatusCode;
    }

    [Fact]
    public async Task Without_retries_a_failure_is_the_callers()
    {
        await using var gateway = await TestGateway.StartAsync(server, "once");
        await gateway.RegisterAsync("once", "dead", TestClients.Dead());
        await gateway.RouteAsync("routes: { r: { service: once, match: { path: / }, retries: { attempts: 0 } } }");

        Assert.Equal(HttpStatusCode.BadGateway, (await gateway.Http.GetAsync("/", Patience)).StatusCode);
    }

    [Fact]
    public async Task A_route_takes_as_many_requests_as_it_is_allowed_and_as_long()
    {
        await using var backend = await TestBackend.StartAsync(async context =>
        {
            if (context.Request.Path == "/slow")
                await new TaskCompletionSource().Task.WaitAsync(context.RequestAborted);
        });
        await using var gateway = await TestGateway.StartAsync(server, "limits");
        await gateway.RegisterAsync("limits", "a", backend.Url);
        await gateway.RouteAsync("""
            routes:
              few: { service: limits, match: { path: /few }, rateLimit: { requests: 2, per: 1h } }
              slow: { service: limits, match: { path: /slow }, timeout: 50ms }
            """);

        var answers = new List<HttpResponseMessage>();
        for (var i = 0; i < 3; i++)
            answers.Add(await gateway.Http.GetAsync("/few", Patience));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests], answers.Select(answer => answer.StatusCode));
        Assert.NotNull(answers[2].Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.GatewayTimeout, (await gateway.Http.GetAsync("/slow", Patience)).StatusCode);
    }

    [Fact]
    public async Task Published_routing_splits_by_version_and_takes_a_zone_out()
    {
        await using var old = await TestBackend.StartAsync("old");
        await using var fresh = await TestBackend.StartAsync("new");
        await using var gateway = await TestGateway.StartAsync(server, "split");
        await gateway.RegisterAsync("split", "old", old.Url, zone: "eu-1", version: "1");
        await gateway.RegisterAsync("split", "new", fresh.Url, zone: "eu-2", version: "2");
        await gateway.RouteAsync("routes: { r: { service: split, match: { path: \"/{**all}\" } } }");

        await server.ReleaseAsync("routing/split/split", "yaml", "splitBy: \"header:x-user\"\nsplit:\n  - { version: \"2\", percent: 30 }\n  - percent: 70\n");
        await Wait.UntilAsync(async () => await NewsAsync() is > 10 and < 50, "about a third of the users is with the new version");
        // Each user stays: two rounds are the same.
        Assert.Equal(await UsersAsync(), await UsersAsync());

        await server.ReleaseAsync("routing/split/split", "yaml", "maintenance: { eu-1: new switches }\n");
        await Wait.UntilAsync(async () => await NewsAsync() == 100, "nothing goes to eu-1");

        async Task<int> NewsAsync() => (await UsersAsync()).Count(text => text.StartsWith("new", StringComparison.Ordinal));

        async Task<IReadOnlyList<string>> UsersAsync() => await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "x-user", $"user-{i}" } } };
            using var answer = await gateway.Http.SendAsync(request, Patience);
            return await answer.Content.ReadAsStringAsync(Patience);
        }));
    }

    [Fact]
    public async Task Grpc_passes_single_calls_and_streams_both_ways()
    {
        await using var gateway = await TestGateway.StartAsync(server, "grpc");
        await gateway.RegisterAsync("store", "a", server.Url, scheme: "grpc");
        await gateway.RouteAsync("routes: { store: { service: store, protocol: grpc, match: { path: \"/{**method}\" } } }");
        using var channel = GrpcChannel.ForAddress(gateway.Http2Url);

        var watch = new Watch.WatchClient(channel).Watch(cancellationToken: Patience);
        await watch.RequestStream.WriteAsync(new() { CreateRequest = new() { Key = ByteString.CopyFromUtf8("through/gateway") } }, Patience);
        Assert.True(await watch.ResponseStream.MoveNext(Patience));
        Assert.True(watch.ResponseStream.Current.Created);
        await new KV.KVClient(channel).PutAsync(new() { Key = ByteString.CopyFromUtf8("through/gateway"), Value = ByteString.CopyFromUtf8("1") }, cancellationToken: Patience);
        Assert.True(await watch.ResponseStream.MoveNext(Patience));
        Assert.Equal("1", Assert.Single(watch.ResponseStream.Current.Events).Kv.Value.ToStringUtf8());
        await watch.RequestStream.CompleteAsync();

        // An error of the service arrives as it was said, in the trailers.
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await new KV.KVClient(channel).PutAsync(new(), cancellationToken: Patience));
        Assert.Equal((StatusCode.InvalidArgument, "etcdserver: key is not provided"), (refusal.StatusCode, refusal.Status.Detail));
    }

    [Fact]
    public async Task Web_sockets_pass()
    {
        await using var echo = await TestBackend.StartAsync(async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[100];
            var message = await socket.ReceiveAsync(buffer, context.RequestAborted);
            await socket.SendAsync(buffer.AsMemory(0, message.Count), WebSocketMessageType.Text, true, context.RequestAborted);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
        });
        await using var gateway = await TestGateway.StartAsync(server, "socket");
        await gateway.RegisterAsync("socket", "a", echo.Url);
        await gateway.RouteAsync("routes: { r: { service: socket, match: { path: /ws }, timeout: 30s } }");

        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(gateway.Http.BaseAddress!) { Scheme = "ws", Path = "/ws" }.Uri, Patience);
        await socket.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, true, Patience);
        var buffer = new byte[100];
        var message = await socket.ReceiveAsync(buffer.AsMemory(), Patience);

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, message.Count));
    }

    [Fact]
    public async Task Health_and_metrics_are_at_their_own_address_only()
    {
        await using var backend = await TestBackend.StartAsync("a");
        await using var gateway = await TestGateway.StartAsync(server, "admin");
        await gateway.RegisterAsync("admin", "a", backend.Url);
        await gateway.RouteAsync("routes: { r: { service: admin, match: { path: \"/{**all}\" } } }");
        await gateway.UntilAsync("/metrics", text => text.StartsWith("a GET /metrics", StringComparison.Ordinal), "a route may have any path");

        Assert.Equal("Healthy", await gateway.Admin.GetStringAsync("/readyz", Patience));
        Assert.Contains("\"routes\": \"1\"", await gateway.Admin.GetStringAsync("/health", Patience), StringComparison.Ordinal);
        var metrics = await gateway.Admin.GetStringAsync("/metrics", Patience);
        var lines = metrics.Split('\n');
        Assert.Contains(lines, line => line.StartsWith("concord_gateway_requests_total{", StringComparison.Ordinal) && line.Contains("service=\"admin\"", StringComparison.Ordinal) && line.Contains("status=\"2xx\"", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("concord_gateway_instances{", StringComparison.Ordinal) && line.Contains("state=\"healthy\"", StringComparison.Ordinal));
    }
}
