using System.Collections.Concurrent;
using System.Text;
using Concord.Protocol.Etcd;
using Concord.Server.Cluster;
using Concord.Server.Hosting;
using Google.Protobuf;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Tests.Telemetry;

public sealed class OtlpExportTests
{
    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [Fact]
    public async Task A_collector_gets_metrics_traces_and_messages()
    {
        await using var collector = await Collector.StartAsync();
        var options = new ServerOptions
        {
            Name = "told",
            ListenClientUrls = [new("http://127.0.0.1:0")],
            OtlpEndpoint = collector.Url,
            OtlpProtocol = ServerOptions.OtlpOverHttp,
        };
        await using (var server = await ConcordServer.StartAsync(options, logging: null, Patience))
        {
            using var channel = GrpcChannel.ForAddress(server.ClientUrls[0]);
            await new KV.KVClient(channel).PutAsync(new() { Key = ByteString.CopyFromUtf8("a") });
        }

        // Bodies are protobuf; what is text in them is there as UTF-8.
        Assert.Contains("etcd_server_has_leader", collector["/v1/metrics"], StringComparison.Ordinal);
        Assert.Contains("etcd_disk_wal_fsync_duration_seconds", collector["/v1/metrics"], StringComparison.Ordinal);
        Assert.Contains("etcdserverpb.KV/Put", collector["/v1/traces"], StringComparison.Ordinal);
        Assert.Contains("Ready after", collector["/v1/logs"], StringComparison.Ordinal);
        foreach (var path in new[] { "/v1/metrics", "/v1/traces", "/v1/logs" })
        {
            Assert.Contains("concord-server", collector[path], StringComparison.Ordinal);
            Assert.Contains("told", collector[path], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Without_an_endpoint_there_is_no_export()
    {
        await using var server = await ConcordServer.StartAsync(new() { ListenClientUrls = [new("http://127.0.0.1:0")] }, logging: null, Patience);
        Assert.Null(server.Services.GetService<OpenTelemetry.Metrics.MeterProvider>());
        Assert.Null(server.Services.GetService<OpenTelemetry.Trace.TracerProvider>());
    }

    private sealed class Collector(WebApplication app, ConcurrentDictionary<string, string> bodies) : IAsyncDisposable
    {
        public Uri Url => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

        /// <summary>Everything that came to a path, one after the other.</summary>
        public string this[string path] => bodies.GetValueOrDefault(path, "");

        public static async Task<Collector> StartAsync()
        {
            var bodies = new ConcurrentDictionary<string, string>();
            var builder = WebApplication.CreateEmptyBuilder(new());
            builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            app.Run(async context =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body, context.RequestAborted);
                var text = Encoding.UTF8.GetString(body.ToArray());
                bodies.AddOrUpdate(context.Request.Path.Value!, text, (_, before) => before + text);
                context.Response.ContentType = "application/x-protobuf";
            });
            await app.StartAsync(Patience);
            return new(app, bodies);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
