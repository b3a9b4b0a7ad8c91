using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Concord.IntegrationTests;

/// <summary>
/// The sample service against a real server and the real command line: it follows what is published, outlives the
/// server, starts without it, and refuses what its validation refuses.
/// </summary>
public sealed partial class LiveConfigurationTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_running_service_follows_what_is_published_through_all_weathers()
    {
        using var folder = new TemporaryFolder();
        int port;
        await using (var server = await ServerProcess.StartAsync(folder["data"]))
        {
            port = server.Port;
            await ConcordAsync(server.Address, "config", "put", "orders/dev", "Pricing:Discount=0.10", "Pricing:Currency=EUR", "Features:FreeShipping=false");
            await ConcordAsync(server.Address, "config", "publish", "orders/dev", "-m", "First prices");

            await using var service = await OrdersService.StartAsync(server.Address, folder["cache"]);
            Assert.Equal(0.10m, await service.DiscountAsync());

            await PublishDiscountAsync(server.Address, "0.25");
            await service.WaitForDiscountAsync(0.25m);

            await server.Process.KillAsync();
            Assert.Equal(0.25m, await service.DiscountAsync());
        }

        await using var restarted = await OrdersService.StartAsync($"http://127.0.0.1:{port}", folder["cache"]);
        Assert.Equal(0.25m, await restarted.DiscountAsync());

        await using var back = await ServerProcess.StartAsync(folder["data"], port);
        await PublishDiscountAsync(back.Address, "0.30");
        await restarted.WaitForDiscountAsync(0.30m);

        // The service's own validation allows at most 0.9: it keeps what it has, and says so to the server.
        await PublishDiscountAsync(back.Address, "7");
        await WaitForInstanceAsync(back.Address, instance => instance.GetProperty("rejectedRelease").GetInt64() == 4);
        Assert.Equal(0.30m, await restarted.DiscountAsync());

        await ConcordAsync(back.Address, "config", "rollback", "orders/dev", "--to", "2", "-m", "Back to the quarter");
        await restarted.WaitForDiscountAsync(0.25m);
        await WaitForInstanceAsync(back.Address, instance => instance.GetProperty("appliedRelease").GetInt64() == 5);
    }

    [Fact]
    public async Task A_running_service_sees_what_is_published_through_the_death_of_any_one_member()
    {
        using var folder = new TemporaryFolder();
        await using var cluster = await ClusterProcesses.StartAsync(3);
        var all = string.Join(',', cluster.Addresses);
        await ConcordAsync(all, "config", "put", "orders/dev", "Pricing:Discount=0.10", "Pricing:Currency=EUR", "Features:FreeShipping=false");
        await ConcordAsync(all, "config", "publish", "orders/dev", "-m", "First prices");
        await using var service = await OrdersService.StartAsync(all, folder["cache"]);
        Assert.Equal(0.10m, await service.DiscountAsync());

        for (var dead = 0; dead < 3; dead++)
        {
            await cluster.KillAsync(dead);
            Assert.InRange(await service.DiscountAsync(), 0.10m, 0.50m);
            var discount = 0.20m + 0.10m * dead;
            await PublishDiscountAsync(all, discount.ToString(CultureInfo.InvariantCulture));
            await service.WaitForDiscountAsync(discount);
            await cluster.StartAsync(dead);
            await cluster.LeaderAsync();
        }
    }

    private static async Task PublishDiscountAsync(string address, string discount)
    {
        await ConcordAsync(address, "config", "put", "orders/dev", $"Pricing:Discount={discount}");
        await ConcordAsync(address, "config", "publish", "orders/dev", "-m", $"Discount {discount}");
    }

    private static async Task WaitForInstanceAsync(string address, Func<JsonElement, bool> condition)
    {
        var deadline = DateTime.UtcNow + Patience;
        string answer;
        do
        {
            // Each look is a process of its own, which is pause enough.
            answer = await ConcordAsync(address, "config", "instances", "orders/dev", "-o", "json");
            using var document = JsonDocument.Parse(answer);
            if (document.RootElement.GetProperty("instances").EnumerateArray().Any(condition))
            {
                return;
            }
        }
        while (DateTime.UtcNow < deadline);

        Assert.Fail($"no instance came to the state; the last answer was {answer}");
    }

    private static async Task<string> ConcordAsync(string address, params string[] arguments)
    {
        var (exitCode, output) = await TestProcess.RunAsync(
            Built.CommandLine, arguments, new Dictionary<string, string> { ["CONCORD_ENDPOINTS"] = address, ["NO_COLOR"] = "1" });
        Assert.True(exitCode == 0, $"concord {string.Join(' ', arguments)} ended with {exitCode}:\n{output}");
        return output;
    }

    private sealed partial class OrdersService : IAsyncDisposable
    {
        private readonly TestProcess _process;
        private readonly HttpClient _http;

        private OrdersService(TestProcess process, string address)
        {
            _process = process;
            _http = new HttpClient { BaseAddress = new Uri(address) };
        }

        public static async Task<OrdersService> StartAsync(string concord, string cacheDirectory)
        {
            var process = TestProcess.Start(Built.Orders, [], new Dictionary<string, string>
            {
                ["CONCORD_ENDPOINTS"] = concord,
                ["Concord__Cache__Directory"] = cacheDirectory,
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
                ["DOTNET_ENVIRONMENT"] = "Development",
            });
            var line = await process.WaitForLineAsync(line => Listening().IsMatch(line));
            return new(process, Listening().Match(line).Groups["address"].Value);
        }

        public async Task<decimal> DiscountAsync()
        {
            var price = await _http.GetFromJsonAsync<JsonElement>("/price/apple?quantity=10");
            return price.GetProperty("discount").GetDecimal();
        }

        public async Task WaitForDiscountAsync(decimal expected)
        {
            var deadline = DateTime.UtcNow + Patience;
            decimal seen;
            while ((seen = await DiscountAsync()) != expected)
            {
                Assert.True(
                    DateTime.UtcNow < deadline,
                    string.Create(CultureInfo.InvariantCulture, $"the discount stayed at {seen}, {expected} was published\n{_process.Output}"));
            }
        }

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            await _process.DisposeAsync();
        }

        [GeneratedRegex(@"Now listening on: (?<address>http://\S+)")]
        private static partial Regex Listening();
    }
}
