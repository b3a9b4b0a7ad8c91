using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Concord.Client.Connection;

/// <summary>
/// Runs calls and raises only <see cref="ConcordException"/>s and cancellation. A unary call that fails is made at the other
/// endpoints as far as <see cref="RepeatRules"/> allow; otherwise its outcome is unknown and repeating it is the caller's decision.
/// Streams are opened at the current endpoint; whoever reads them resumes.
/// </summary>
internal sealed class FailoverInvoker(EndpointRing ring, ChannelSet channels, ConcordClientOptions options, ILogger log)
    : CallInvoker
{
    public EndpointRing Ring => ring;

    public ChannelSet Channels => channels;

    public ConcordClientOptions Options => options;

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions call, TRequest request)
    {
        if (call.Deadline is null)
            call = call.WithDeadline(DateTime.UtcNow + options.CallTimeout);
        return new FailoverCall<TRequest, TResponse>(this, method, host, call, request).Start();
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions call, TRequest request) =>
        throw new NotSupportedException("Blocking calls are not offered: use the asynchronous one.");

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions call, TRequest request)
    {
        var at = ring.CurrentIndex;
        var token = channels.Tokens?.Version ?? 0;
        var inner = channels[at].AsyncServerStreamingCall(method, host, call, request);
        return new AsyncServerStreamingCall<TResponse>(
            new Reader<TResponse>(this, inner.ResponseStream, at, token, call.CancellationToken), inner.ResponseHeadersAsync,
            inner.GetStatus, inner.GetTrailers, inner.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions call)
    {
        var at = ring.CurrentIndex;
        var token = channels.Tokens?.Version ?? 0;
        var inner = channels[at].AsyncDuplexStreamingCall(method, host, call);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            inner.RequestStream, new Reader<TResponse>(this, inner.ResponseStream, at, token, call.CancellationToken),
            inner.ResponseHeadersAsync, inner.GetStatus, inner.GetTrailers, inner.Dispose);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions call) =>
        throw new NotSupportedException("No service of Concord takes a client stream.");

    /// <summary>The exception to raise for what the endpoint at this index gave; leaves the endpoint if it is to blame.</summary>
    public Exception Translate(RpcException error, int at, CancellationToken caller, DateTime? deadline = null)
    {
        var translated = CallErrors.From(error, ring[at], caller, deadline);
        if (RepeatRules.BlamesEndpoint(translated))
        {
            ClientLog.EndpointFailed(log, CallErrors.Name(ring[at]), translated.Message);
            ring.MoveOnFrom(at);
        }
        else if (translated is ConcordServerException)
        {
            ring.Answered(at);
        }

        return translated;
    }

    private sealed class Reader<T>(FailoverInvoker owner, IAsyncStreamReader<T> inner, int at, int token, CancellationToken caller)
        : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            try
            {
                return await inner.MoveNext(cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException error)
            {
                if (TokenSource.IsRefusal(error))
                {
                    // Whoever opens the stream again signs in again.
                    owner.Channels.Tokens?.Invalidate(token);
                }

                throw owner.Translate(error, at, cancellationToken.IsCancellationRequested ? cancellationToken : caller);
            }
        }
    }
}
