using Concord.Protocol.Etcd;
using Grpc.Core;

namespace Concord.Tests.Etcd;

/// <summary>One watch stream of a test, read one answer at a time.</summary>
internal sealed class WatchClientStream(EtcdServer server) : IDisposable
{
    private readonly AsyncDuplexStreamingCall<WatchRequest, WatchResponse> _call = server.Watch.Watch();

    public Task SendAsync(WatchCreateRequest create) => _call.RequestStream.WriteAsync(new WatchRequest { CreateRequest = create });

    public Task CancelAsync(long watchId) =>
        _call.RequestStream.WriteAsync(new WatchRequest { CancelRequest = new WatchCancelRequest { WatchId = watchId } });

    public Task RequestProgressAsync() => _call.RequestStream.WriteAsync(new WatchRequest { ProgressRequest = new WatchProgressRequest() });

    public async Task<WatchResponse> CreateAsync(WatchCreateRequest create)
    {
        await SendAsync(create);
        return await NextAsync();
    }

    public async Task<WatchResponse> NextAsync()
    {
        using var patience = new CancellationTokenSource(EtcdServer.Patience);
        Assert.True(await _call.ResponseStream.MoveNext(patience.Token));
        return _call.ResponseStream.Current;
    }

    public void Dispose() => _call.Dispose();
}
