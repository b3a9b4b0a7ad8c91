using System.Net;
using System.Threading.Channels;
using Concord.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Concord.Tests.Client;

/// <summary>
/// A configuration centre of one view, over real HTTP/2 on a free port, that tests steer: it keeps the contract of the
/// stream unless a test tells it to break it.
/// </summary>
internal sealed class FakeConfigServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Centre _centre;

    private FakeConfigServer(WebApplication app, Centre centre)
    {
        _app = app;
        _centre = centre;
        Endpoint = new Uri(app.Urls.Single());
    }

    public Uri Endpoint { get; }

    /// <summary>What clients said, in the order of arrival.</summary>
    public ChannelReader<WatchConfigRequest> Requests => _centre.Requests.Reader;

    public int StreamsOpened => _centre.StreamsOpened;

    public int StreamsOpen => _centre.StreamsOpen;

    public int ListCalls => _centre.ListCalls;

    public static async Task<FakeConfigServer> StartAsync(int port = 0, params (string Key, string Value)[] settings)
    {
        var centre = new Centre();
        if (settings.Length > 0)
            centre.Publish(settings);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(centre);
        var app = builder.Build();
        app.MapGrpcService<Service>();
        await app.StartAsync();
        return new FakeConfigServer(app, centre);
    }

    public static Task<FakeConfigServer> StartAsync(params (string Key, string Value)[] settings) => StartAsync(0, settings);

    /// <summary>Replaces the settings; subscribers get the difference. Returns the release.</summary>
    public long Publish(params (string Key, string Value)[] settings) => _centre.Publish(settings);

    /// <summary>Sends this to every subscription as it is.</summary>
    public void SendRaw(Func<int, WatchConfigResponse> message) => _centre.SendRaw(message);

    /// <summary>From now on takes everything in and says nothing.</summary>
    public void FallSilent() => _centre.Silent = true;

    public void Refuse(ErrorDetail? error) => _centre.Refusal = error;

    public void FailCalls(StatusCode status, string message, ErrorDetail? detail) => _centre.CallFailure = (status, message, detail);

    public void BreakStreams() => _centre.BreakStreams();

    /// <summary>The next report that arrives.</summary>
    public async Task<WatchConfigRequest.Types.Report> NextReportAsync() => (await NextAsync(request => request.Report is not null)).Report;

    public async Task<WatchConfigRequest.Types.Subscribe> NextSubscribeAsync() =>
        (await NextAsync(request => request.Subscribe is not null)).Subscribe;

    public async Task<WatchConfigRequest> NextAsync(Func<WatchConfigRequest, bool> wanted)
    {
        using var bound = new CancellationTokenSource(Wait.Bound);
        while (true)
        {
            var request = await Requests.ReadAsync(bound.Token);
            if (wanted(request))
                return request;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _centre.BreakStreams();
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private sealed class Service(Centre centre) : Protocol.V1.Configs.ConfigsBase
    {
        public override Task<ListApplicationsResponse> ListApplications(ListApplicationsRequest request, ServerCallContext context)
        {
            centre.ListCalls++;
            if (centre.CallFailure is not { } failure)
                return Task.FromResult(new ListApplicationsResponse());
            var trailers = new Metadata();
            if (failure.Detail is { } detail)
                trailers.Add("concord-error-bin", detail.ToByteArray());
            throw new RpcException(new Status(failure.Status, failure.Message), trailers);
        }

        public override Task Watch(
            IAsyncStreamReader<WatchConfigRequest> requests, IServerStreamWriter<WatchConfigResponse> responses, ServerCallContext context) =>
            centre.ServeAsync(requests, responses, context.CancellationToken);
    }

    private sealed class Centre
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<(Stream Stream, int Number), Dictionary<string, string>> _sent = [];
        private readonly HashSet<Stream> _streams = [];
        private Dictionary<string, string> _settings = [];
        private long _release;

        public Channel<WatchConfigRequest> Requests { get; } = Channel.CreateUnbounded<WatchConfigRequest>();

        public int StreamsOpened { get; private set; }

        public int StreamsOpen
        {
            get
            {
                lock (_gate)
                    return _streams.Count;
            }
        }

        public int ListCalls { get; set; }

        public volatile bool Silent;

        public ErrorDetail? Refusal { get; set; }

        public (StatusCode Status, string Message, ErrorDetail? Detail)? CallFailure { get; set; }

        private string Version => $"v{string.Join('|', _settings.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"))}";

        public long Publish((string Key, string Value)[] settings)
        {
            lock (_gate)
            {
                var from = Version;
                _settings = settings.ToDictionary(setting => setting.Key, setting => setting.Value);
                _release++;
                foreach (var ((stream, number), sent) in _sent.ToList())
                    stream.Send(DeltaOf(number, from, sent), this);
                foreach (var key in _sent.Keys.ToList())
                    _sent[key] = _settings;
                return _release;
            }
        }

        public void SendRaw(Func<int, WatchConfigResponse> message)
        {
            lock (_gate)
            {
                foreach (var (stream, number) in _sent.Keys)
                    stream.Send(message(number), this);
            }
        }

        public void BreakStreams()
        {
            lock (_gate)
            {
                foreach (var stream in _streams)
                    stream.Outbox.Writer.TryComplete();
            }
        }

        public async Task ServeAsync(
            IAsyncStreamReader<WatchConfigRequest> requests, IServerStreamWriter<WatchConfigResponse> responses, CancellationToken end)
        {
            var stream = new Stream();
            lock (_gate)
            {
                StreamsOpened++;
                _streams.Add(stream);
            }

            var reading = ReadAsync(stream, requests);
            try
            {
                await foreach (var response in stream.Outbox.Reader.ReadAllAsync(end))
                    await responses.WriteAsync(response, end);
            }
            catch (OperationCanceledException)
            {
                // The client is gone.
            }
            finally
            {
                lock (_gate)
                {
                    _streams.Remove(stream);
                    foreach (var key in _sent.Keys.Where(key => key.Stream == stream).ToList())
                        _sent.Remove(key);
                }
            }

            _ = reading;
        }

        private async Task ReadAsync(Stream stream, IAsyncStreamReader<WatchConfigRequest> requests)
        {
            try
            {
                while (await requests.MoveNext(CancellationToken.None))
                {
                    Handle(stream, requests.Current);
                    Requests.Writer.TryWrite(requests.Current);
                }

                stream.Outbox.Writer.TryComplete();
            }
            catch (Exception error) when (error is IOException or OperationCanceledException or RpcException or InvalidOperationException)
            {
                stream.Outbox.Writer.TryComplete();
            }
        }

        private void Handle(Stream stream, WatchConfigRequest request)
        {
            lock (_gate)
            {
                if (request.Unsubscribe is { } unsubscribe)
                    _sent.Remove((stream, unsubscribe.Subscription));
                if (request.Subscribe is not { } subscribe)
                    return;
                if (Refusal is { } refusal)
                {
                    stream.Send(new WatchConfigResponse { Subscription = subscribe.Subscription, Refusal = new() { Error = refusal } }, this);
                    return;
                }

                stream.Send(subscribe.KnownVersion == Version ? DeltaOf(subscribe.Subscription, Version, _settings) : FullOf(subscribe.Subscription), this);
                _sent[(stream, subscribe.Subscription)] = _settings;
            }
        }

        private WatchConfigResponse FullOf(int number)
        {
            var full = new EffectiveConfiguration { Version = Version, Release = _release, Revision = 100 + _release };
            foreach (var (key, value) in _settings)
                full.Settings.Add(new Setting { Key = key, Value = value });
            return new WatchConfigResponse { Subscription = number, Full = full };
        }

        private WatchConfigResponse DeltaOf(int number, string from, Dictionary<string, string> sent)
        {
            var delta = new WatchConfigResponse.Types.Delta { FromVersion = from, Version = Version, Release = _release, Revision = 100 + _release };
            delta.Removed.Add(sent.Keys.Except(_settings.Keys));
            foreach (var (key, value) in _settings.Where(pair => !sent.TryGetValue(pair.Key, out var old) || old != pair.Value))
                delta.Set.Add(new Setting { Key = key, Value = value });
            return new WatchConfigResponse { Subscription = number, Delta = delta };
        }
    }

    private sealed class Stream
    {
        public Channel<WatchConfigResponse> Outbox { get; } = Channel.CreateUnbounded<WatchConfigResponse>();

        public void Send(WatchConfigResponse response, Centre centre)
        {
            if (!centre.Silent)
                Outbox.Writer.TryWrite(response);
        }
    }
}
