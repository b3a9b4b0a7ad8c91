using Concord.Protocol.Etcd;
using Concord.Server.Cluster;
using Concord.Server.Hosting;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Concord.Tests.Etcd;

/// <summary>A whole server with a port and a directory of its own, and etcd's clients for it. Tests use keys of their own.</summary>
public class EtcdServer : IAsyncLifetime
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private ConcordServer? _server;
    private GrpcChannel? _channel;

    public KV.KVClient Kv { get; private set; } = null!;

    public Watch.WatchClient Watch { get; private set; } = null!;

    public Lease.LeaseClient Lease { get; private set; } = null!;

    public Concord.Protocol.Etcd.Lock.LockClient Lock { get; private set; } = null!;

    public Election.ElectionClient Election { get; private set; } = null!;

    public Protocol.Etcd.Cluster.ClusterClient Cluster { get; private set; } = null!;

    public Maintenance.MaintenanceClient Maintenance { get; private set; } = null!;

    public Protocol.Etcd.Auth.AuthClient Auth { get; private set; } = null!;

    public GrpcChannel Channel => _channel!;

    public IServiceProvider Services => _server!.Services;

    protected virtual ServerOptions Options => new() { ListenClientUrls = [new("http://127.0.0.1:0")], LogLevel = Microsoft.Extensions.Logging.LogLevel.Warning };

    public string Url => _server!.ClientUrls[0].ToString();

    public async ValueTask InitializeAsync()
    {
        _server = await ConcordServer.StartAsync(Options);
        _channel = GrpcChannel.ForAddress(Url);
        Kv = new(_channel);
        Watch = new(_channel);
        Lease = new(_channel);
        Lock = new(_channel);
        Election = new(_channel);
        Cluster = new(_channel);
        Maintenance = new(_channel);
        Auth = new(_channel);
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    public async Task<PutResponse> PutAsync(string key, string value, long lease = 0) =>
        await Kv.PutAsync(new PutRequest { Key = Bytes(key), Value = Bytes(value), Lease = lease });

    public async Task<RangeResponse> GetAsync(string key) => await Kv.RangeAsync(new RangeRequest { Key = Bytes(key) });

    public async Task<RangeResponse> ListAsync(string prefix) =>
        await Kv.RangeAsync(new RangeRequest { Key = Bytes(prefix), RangeEnd = Bytes(prefix[..^1] + (char)(prefix[^1] + 1)) });

    public static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);

    /// <summary>The call must fail with this code and exactly this text.</summary>
    public static async Task RefusedAsync(StatusCode code, string text, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal((code, text), (error.StatusCode, error.Status.Detail));
    }
}
