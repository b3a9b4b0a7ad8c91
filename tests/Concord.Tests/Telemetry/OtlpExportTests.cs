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
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Tests.Telemetry;

public sealed class OtlpExportTests
{
    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [Theory]
    [InlineData(ServerOptions.OtlpOverHttp, "/v1/metrics", "/v1/traces", "/v1/logs")]
    [InlineData(
        ServerOptions.OtlpOverGrpc,
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export")]
    public async Task A_collector_gets_metrics_traces_and_messages(string protocol, string metrics, string traces, string logs)
    {
        await using var collector = await Collector.StartAsync(isGrpc: protocol == ServerOptions.OtlpOverGrpc);
        var options = new ServerOptions
        {
            Name = "told",
            ListenClientUrls = [new("http://127.0.0.1:0")],
            OtlpEndpoint = collector.Url,
            OtlpProtocol = protocol,
        };
        await using (var server = await ConcordServer.StartAsync(options, logging: null, Patience))
        {
            using var channel = GrpcChannel.ForAddress(server.ClientUrls[0]);
            await new KV.KVClient(channel).PutAsync(new() { Key = ByteString.CopyFromUtf8("a") });
        }

        // Bodies are protobuf; what is text in them is there as UTF-8.
        Assert.Contains("etcd_server_has_leader", collector[metrics], StringComparison.Ordinal);
        Assert.Contains("etcd_disk_wal_fsync_duration_seconds", collector[metrics], StringComparison.Ordinal);
        Assert.Contains("etcdserverpb.KV/Put", collector[traces], StringComparison.Ordinal);
        Assert.Contains("Ready after", collector[logs], StringComparison.Ordinal);
        foreach (var path in new[] { metrics, traces, logs })
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

        public static async Task<Collector> StartAsync(bool isGrpc)
        {
            var bodies = new ConcurrentDictionary<string, string>();
            var builder = WebApplication.CreateEmptyBuilder(new());
            builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0")
                .ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
            var app = builder.Build();
            app.Run(async context =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body, context.RequestAborted);
                var text = Encoding.UTF8.GetString(body.ToArray());
                bodies.AddOrUpdate(context.Request.Path.Value!, text, (_, before) => before + text);
                context.Response.ContentType = isGrpc ? "application/grpc" : "application/x-protobuf";
                if (isGrpc)
                {
                    // An empty message, and "ok".
                    await context.Response.BodyWriter.WriteAsync(new byte[5], context.RequestAborted);
                    context.Response.AppendTrailer("grpc-status", "0");
                }
            });
            await app.StartAsync(Patience);
            return new(app, bodies);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
