using Concord.Client;
using Concord.Protocol.Etcd;
using Concord.Server.Cluster;
using Concord.Server.Hosting;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace Concord.Tests.Auth;

/// <summary>A server of one test, whose access the test switches on.</summary>
internal sealed class AuthServer : IAsyncDisposable
{
    private readonly List<GrpcChannel> _channels = [];

    private AuthServer(ConcordServer server) => Server = server;

    public ConcordServer Server { get; }

    public string Url => Server.ClientUrls[0].GetLeftPart(UriPartial.Authority);

    public static async Task<AuthServer> StartAsync(Func<ServerOptions, ServerOptions>? configure = null)
    {
        // The cheapest hash: what is tested is not the work.
        var options = new ServerOptions { ListenClientUrls = [new("http://127.0.0.1:0")], LogLevel = LogLevel.Error, BcryptCost = 4 };
        return new(await ConcordServer.StartAsync(configure?.Invoke(options) ?? options));
    }

    /// <summary>With root (password "root") and alice ("alice") who has the role r; access is checked.</summary>
    public static async Task<AuthServer> EnabledAsync(Func<ServerOptions, ServerOptions>? configure = null)
    {
        var server = await StartAsync(configure);
        var auth = server.Auth(server.Anonymous);
        await auth.UserAddAsync(new() { Name = "root", Password = "root" });
        await auth.UserGrantRoleAsync(new() { User = "root", Role = "root" });
        await auth.UserAddAsync(new() { Name = "alice", Password = "alice" });
        await auth.RoleAddAsync(new() { Name = "r" });
        await auth.UserGrantRoleAsync(new() { User = "alice", Role = "r" });
        await auth.AuthEnableAsync(new());
        return server;
    }

    /// <summary>Calls of nobody.</summary>
    public CallInvoker Anonymous => With(null);

    public async Task<CallInvoker> AsAsync(string user) => With(await TokenAsync(user, user));

    public async Task<string> TokenAsync(string user, string password) =>
        (await Auth(Anonymous).AuthenticateAsync(new() { Name = user, Password = password })).Token;

    /// <summary>Calls with what is put into the header, "token" by default.</summary>
    public CallInvoker With(string? token, string header = "token")
    {
        var channel = GrpcChannel.ForAddress(Url);
        _channels.Add(channel);
        return token is null ? channel.CreateCallInvoker() : new HeaderInvoker(channel.CreateCallInvoker(), header, token);
    }

    public Protocol.Etcd.Auth.AuthClient Auth(CallInvoker invoker) => new(invoker);

    public KV.KVClient Kv(CallInvoker invoker) => new(invoker);

    public async Task GrantAsync(Protocol.Etcd.Permission.Types.Type type, string key, string end = "") =>
        await Auth(await AsAsync("root")).RoleGrantPermissionAsync(new()
        {
            Name = "r",
            Perm = new() { PermType = type, Key = ByteString.CopyFromUtf8(key), RangeEnd = ByteString.CopyFromUtf8(end) },
        });

    public ConcordClient Client(string user, string password) => new(new ConcordClientOptions
    {
        Endpoints = [new(Url)],
        Credentials = new(user, password),
        BackoffMin = TimeSpan.FromMilliseconds(10),
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
            channel.Dispose();
        await Server.DisposeAsync();
    }

    private sealed class HeaderInvoker(CallInvoker inner, string header, string value) : CallInvoker
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            inner.AsyncUnaryCall(method, host, With(options), request);

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            inner.BlockingUnaryCall(method, host, With(options), request);

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            inner.AsyncServerStreamingCall(method, host, With(options), request);

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
            inner.AsyncDuplexStreamingCall(method, host, With(options));

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
            inner.AsyncClientStreamingCall(method, host, With(options));

        private CallOptions With(CallOptions options) => options.WithHeaders(new Metadata { { header, value } });
    }
}
