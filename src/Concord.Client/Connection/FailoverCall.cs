using Grpc.Core;

namespace Concord.Client.Connection;

/// <summary>One unary call, made at one endpoint after the other until one of them sees it.</summary>
internal sealed class FailoverCall<TRequest, TResponse>(
    FailoverInvoker owner, Method<TRequest, TResponse> method, string? host, CallOptions call, TRequest request)
    where TRequest : class
    where TResponse : class
{
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _at;
    private volatile AsyncUnaryCall<TResponse>? _attempt;
    private volatile bool _disposed;

    public AsyncUnaryCall<TResponse> Start() => new(
        RunAsync(), _headers.Task, () => _attempt!.GetStatus(), () => _attempt!.GetTrailers(), Dispose);

    private async Task<TResponse> RunAsync()
    {
        var hasSignedInAgain = false;
        for (var attempts = 1; ; attempts++)
        {
            _at = owner.Ring.CurrentIndex;
            var token = owner.Channels.Tokens?.Version ?? 0;
            var attempt = owner.Channels[_at].AsyncUnaryCall(method, host, call, request);
            _attempt = attempt;
            try
            {
                var response = await attempt.ResponseAsync.ConfigureAwait(false);
                _headers.TrySetResult(await attempt.ResponseHeadersAsync.ConfigureAwait(false));
                return response;
            }
            catch (RpcException error)
            {
                if (!_disposed && !hasSignedInAgain && owner.Channels.Tokens is { } tokens && TokenSource.IsRefusal(error))
                {
                    // Refused before anything was done, so it may be repeated whatever it is.
                    tokens.Invalidate(token);
                    hasSignedInAgain = true;
                    attempts--;
                    attempt.Dispose();
                    continue;
                }

                var translated = owner.Translate(error, _at, call.CancellationToken);
                if (_disposed || !CallErrors.NothingSent(error) || attempts == owner.Ring.Count)
                {
                    _headers.TrySetCanceled(CancellationToken.None);
                    throw attempts == 1 ? translated : NoneReachable(translated);
                }

                attempt.Dispose();
            }
        }
    }

    private Exception NoneReachable(Exception last)
    {
        if (last is not ConcordUnavailableException { NothingSent: true })
            return last;
        var names = string.Join(", ", owner.Ring.All.Select(CallErrors.Name));
        return new ConcordUnavailableException($"None of the endpoints {names} could be reached. Last: {last.Message}", last)
        {
            NothingSent = true,
        };
    }

    private void Dispose()
    {
        _disposed = true;
        _attempt?.Dispose();
    }
}
