using System.Diagnostics.CodeAnalysis;
using Grpc.Core;

namespace Concord.Client.Connection;

/// <summary>One unary call, made at one endpoint after the other as long as <see cref="RepeatRules"/> allow it.</summary>
/// <remarks>
/// Two rounds over the endpoints at most, with a pause between them: what two rounds do not mend is for the caller to know. After a
/// round in which nobody could be connected to, there is no second one.
/// </remarks>
internal sealed class FailoverCall<TRequest, TResponse>(
    FailoverInvoker owner, Method<TRequest, TResponse> method, string? host, CallOptions call, TRequest request)
    where TRequest : class
    where TResponse : class
{
    private const int RoundsMax = 2;

    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile AsyncUnaryCall<TResponse>? _attempt;
    private volatile bool _disposed;

    public AsyncUnaryCall<TResponse> Start() => new(
        RunAsync(), _headers.Task, () => _attempt!.GetStatus(), () => _attempt!.GetTrailers(), Dispose);

    private async Task<TResponse> RunAsync()
    {
        var isRead = RepeatRules.IsRead(method.FullName, request);
        // Most calls know no failure.
        HashSet<int>? tried = null;
        List<Exception> failures = [];
        var (hasSignedInAgain, round) = (false, 1);
        while (true)
        {
            if (owner.Ring.Next(tried ?? EndpointRing.None) is not { } at)
            {
                if (round++ == RoundsMax || failures.All(one => one is ConcordUnavailableException { NothingSent: true }) || !await PauseAsync().ConfigureAwait(false))
                    Fail(failures);
                tried = null;
                continue;
            }

            var token = owner.Channels.Tokens?.Version ?? 0;
            var attempt = owner.Channels[at].AsyncUnaryCall(method, host, call, request);
            _attempt = attempt;
            try
            {
                var response = await attempt.ResponseAsync.ConfigureAwait(false);
                _headers.TrySetResult(await attempt.ResponseHeadersAsync.ConfigureAwait(false));
                owner.Ring.Answered(at);
                return response;
            }
            catch (RpcException error)
            {
                if (!_disposed && !hasSignedInAgain && owner.Channels.Tokens is { } tokens && TokenSource.IsRefusal(error))
                {
                    // Refused before anything was done, so it may be repeated whatever it is.
                    tokens.Invalidate(token);
                    hasSignedInAgain = true;
                    attempt.Dispose();
                    continue;
                }

                failures.Add(owner.Translate(error, at, call.CancellationToken, call.Deadline));
                if (_disposed || !RepeatRules.MayRepeat(failures[^1], isRead))
                    Fail(failures);
                (tried ??= []).Add(at);
                attempt.Dispose();
            }
        }
    }

    /// <returns>False: there is no time left.</returns>
    private async Task<bool> PauseAsync()
    {
        // By the clock that gRPC counts the call's deadline with.
        var pause = Backoff.Wait(failures: 1, endpoints: 1, owner.Options.BackoffMin, owner.Options.BackoffMax);
        if (call.Deadline is { } deadline && DateTime.UtcNow + pause >= deadline)
            return false;
        await Task.Delay(pause, call.CancellationToken).ConfigureAwait(false);
        return !_disposed;
    }

    [DoesNotReturn]
    private void Fail(List<Exception> failures)
    {
        _headers.TrySetCanceled(CancellationToken.None);
        var last = failures[^1];
        if (failures.Count == 1 || last is not ConcordUnavailableException || !failures.All(one => one is ConcordUnavailableException { NothingSent: true }))
            throw last;
        var names = string.Join(", ", owner.Ring.All.Select(CallErrors.Name));
        throw new ConcordUnavailableException($"None of the endpoints {names} could be reached. Last: {last.Message}", last)
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
