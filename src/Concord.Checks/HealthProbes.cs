using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace Concord.Checks;

/// <summary>Looks at instances: one connection each time, as a caller would make it.</summary>
public sealed class HealthProbes(CheckTargets targets) : IDisposable
{
    /// <summary>A chain that is longer is a circle.</summary>
    private const int RedirectsMax = 3;

    /// <summary>Of an answer's headers, in KiB; its body is not read at all.</summary>
    private const int HeadersKilobytesMax = 16;

    /// <summary>The gRPC health service answers with one number.</summary>
    private const int GrpcAnswerBytesMax = 1024;

    private readonly HttpMessageInvoker _http = new(Handler(targets));

    public void Dispose() => _http.Dispose();

    /// <summary>Looks once. What goes wrong on the way to the target is a result.</summary>
    public async Task<ProbeResult> RunAsync(CheckSpec check, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(check);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(check.TimeoutMs);
        try
        {
            return check.Kind switch
            {
                CheckKind.Http => await HttpAsync(new(check.Target), patience.Token),
                CheckKind.Tcp => await TcpAsync(check.Target, patience.Token),
                CheckKind.Grpc => await GrpcAsync(new(check.Target), check.GrpcService, patience.Token),
                _ => throw new ArgumentOutOfRangeException(nameof(check), check.Kind, "Not a check that is run."),
            };
        }
        catch (Exception) when (patience.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return ProbeResult.Critical($"no answer within {check.TimeoutMs} ms");
        }
        catch (Exception error) when (error is HttpRequestException or SocketException or IOException or ForbiddenTargetException or RpcException)
        {
            return ProbeResult.Critical(ReasonOf(error));
        }
    }

    private static SocketsHttpHandler Handler(CheckTargets targets) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        MaxResponseHeadersLength = HeadersKilobytesMax,

        // What is wanted to know is whether a new caller gets through.
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectCallback = async (context, cancellation) =>
            new NetworkStream(await targets.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellation), ownsSocket: true),
    };

    private async Task<ProbeResult> HttpAsync(Uri url, CancellationToken cancellation)
    {
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.UserAgent.ParseAdd("concord-health-check");
            using var answer = await _http.SendAsync(request, cancellation);
            var status = (int)answer.StatusCode;
            if (status is >= 200 and < 300)
            {
                return ProbeResult.Passing;
            }

            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            {
                return new(CheckState.Warning, "HTTP 429: it has more to do than it can");
            }

            if (status is not (301 or 302 or 303 or 307 or 308) || answer.Headers.Location is not { } location)
            {
                return ProbeResult.Critical($"HTTP {status}");
            }

            var next = new Uri(url, location);
            if (!targets.AllowsRedirectTo(next) || next.Scheme is not ("http" or "https"))
            {
                return ProbeResult.Critical($"HTTP {status}: a redirect to {next.IdnHost}, which --check-redirect-hosts does not name");
            }

            if (redirects == RedirectsMax)
            {
                return ProbeResult.Critical($"more than {RedirectsMax} redirects");
            }

            url = next;
        }
    }

    private async Task<ProbeResult> TcpAsync(string target, CancellationToken cancellation)
    {
        var address = new Uri($"tcp://{target}");
        using var socket = await targets.ConnectAsync(address.DnsSafeHost, address.Port, cancellation);
        return ProbeResult.Passing;
    }

    private async Task<ProbeResult> GrpcAsync(Uri url, string service, CancellationToken cancellation)
    {
        using var channel = GrpcChannel.ForAddress(url, new GrpcChannelOptions { HttpHandler = Handler(targets), DisposeHttpClient = true, MaxReceiveMessageSize = GrpcAnswerBytesMax });
        var answer = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest { Service = service }, cancellationToken: cancellation);
        return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? ProbeResult.Passing : ProbeResult.Critical($"it says {answer.Status}");
    }

    private static string ReasonOf(Exception error)
    {
        var cause = error is RpcException { Status.DebugException: { } inner } ? inner.GetBaseException() : error.GetBaseException();
        var text = cause switch
        {
            RpcException status => $"gRPC status {status.StatusCode}",

            // .NET's message would show the line that it could not read.
            HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } or HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => "what answers there does not speak HTTP",
            _ => string.Concat(cause.Message.Select(static one => char.IsControl(one) ? ' ' : one)),
        };
        return text.Length <= ProbeResult.ReasonCharactersMax ? text : text[..ProbeResult.ReasonCharactersMax];
    }
}
