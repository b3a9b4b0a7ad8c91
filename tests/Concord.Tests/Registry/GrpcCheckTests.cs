using System.Net;
using System.Security.Cryptography.X509Certificates;
using Concord.Checks;
using Concord.Server.Registry.Model;
using Concord.Tests.Configs.Rest;
using Concord.Tests.Tls;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using HealthCheck = Concord.Server.Registry.Model.HealthCheck;

namespace Concord.Tests.Registry;

/// <summary>Checks of a real gRPC health service, and checks over TLS. That they pass over TLS takes a process that trusts the authority: TlsTests of the integration tests.</summary>
public sealed class GrpcCheckTests : IAsyncDisposable
{
    private readonly HealthProbes _probes = new(new CheckTargets([IPNetwork.Parse("127.0.0.0/8")], []));
    private readonly HealthServiceImpl _health = new();
    private readonly TestAuthority _authority = new();
    private WebApplication? _app;

    private Uri Url => new(_app!.Urls.Single());

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        _probes.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task A_service_that_says_serving_is_passing_and_all_else_is_critical_with_its_word()
    {
        await ServeAsync();
        _health.SetStatus("", HealthCheckResponse.Types.ServingStatus.Serving);
        _health.SetStatus("shop.Orders", HealthCheckResponse.Types.ServingStatus.NotServing);
        _health.SetStatus("shop.Stock", HealthCheckResponse.Types.ServingStatus.ServiceUnknown);

        Assert.Equal(ProbeResult.Passing, await GrpcAsync(""));
        Assert.Equal(ProbeResult.Critical("it says NotServing"), await GrpcAsync("shop.Orders"));
        Assert.Equal(ProbeResult.Critical("it says ServiceUnknown"), await GrpcAsync("shop.Stock"));
        Assert.Equal(ProbeResult.Critical("gRPC status NotFound"), await GrpcAsync("shop.Nobody"));

        _health.SetStatus("shop.Orders", HealthCheckResponse.Types.ServingStatus.Serving);
        Assert.Equal(ProbeResult.Passing, await GrpcAsync("shop.Orders"));
    }

    [Fact]
    public async Task One_without_a_health_service_or_without_grpc_is_critical()
    {
        await ServeAsync(map: app => app.Run(context => context.Response.WriteAsync("hello")));
        Assert.Equal(CheckState.Critical, (await GrpcAsync("")).State);
    }

    [Fact]
    public async Task Over_tls_a_certificate_that_is_not_trusted_is_critical_and_says_so()
    {
        await ServeAsync(_authority.Issue("target"));
        _health.SetStatus("", HealthCheckResponse.Types.ServingStatus.Serving);

        foreach (var result in (ProbeResult[])[await GrpcAsync(""), await _probes.RunAsync(Check(HealthCheckKind.Http, ""), default)])
        {
            Assert.Equal(CheckState.Critical, result.State);
            Assert.Contains("certificate", result.Reason, StringComparison.Ordinal);
        }
    }

    private Task<ProbeResult> GrpcAsync(string service) => _probes.RunAsync(Check(HealthCheckKind.Grpc, service), default);

    private CheckSpec Check(HealthCheckKind kind, string service) => HealthCheck.From(kind, Url.ToString(), "", service, 0, 1000, 20_000, 2, 3, [], "check").Spec!;

    private async Task ServeAsync(IssuedCertificate? certificate = null, Action<WebApplication>? map = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = certificate is null ? HttpProtocols.Http2 : HttpProtocols.Http1AndHttp2;
            if (certificate is not null)
            {
                listen.UseHttps(X509Certificate2.CreateFromPemFile(certificate.File, certificate.KeyFile));
            }
        }));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(_health);
        _app = builder.Build();
        (map ?? (static app => app.MapGrpcService<HealthServiceImpl>()))(_app);
        await _app.StartAsync(RestServer.Patience);
    }
}
