using Concord.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.Client.Connection;

/// <summary>Turns what the gRPC library throws into the two kinds of <see cref="ConcordException"/>.</summary>
internal static class CallErrors
{
    private const string DetailTrailer = "concord-error-bin";

    /// <param name="deadline">Of the call, if it has one.</param>
    public static Exception From(RpcException error, Uri endpoint, CancellationToken caller, DateTime? deadline = null)
    {
        // gRPC ends a call whose time is up, or that is given up, by disposing what it reads from. On a busy machine the reader
        // finds that out first and reports the disposed object instead of the reason.
        var wasTornDown = error.Status.DebugException?.GetBaseException() is ObjectDisposedException;
        if ((wasTornDown || error.StatusCode == StatusCode.Cancelled) && caller.IsCancellationRequested)
            return new OperationCanceledException("The caller gave the call up.", error, caller);
        if (wasTornDown && deadline is { } end && DateTime.UtcNow >= end)
            return TimedOut(error, endpoint);
        var detail = DetailOf(error.Trailers);
        // A status that came over the wire has no local exception behind it.
        if (detail is null && (error.Status.DebugException is not null || error.StatusCode == StatusCode.DeadlineExceeded))
            return Unreachable(error, endpoint);
        return new ConcordServerException(error.StatusCode, detail ?? Plain(error), error);
    }

    public static ConcordServerException From(ErrorDetail detail) =>
        new(StatusCode.FailedPrecondition, detail, null);

    /// <summary>Whether the server cannot have seen the request, so that another endpoint may safely be asked.</summary>
    public static bool NothingSent(RpcException error) => error.Status.DebugException is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
    };

    private static ConcordUnavailableException Unreachable(RpcException error, Uri endpoint) => error.StatusCode == StatusCode.DeadlineExceeded
        ? TimedOut(error, endpoint)
        : new ConcordUnavailableException($"{Name(endpoint)} could not be reached: {Cause((error.Status.DebugException ?? error).GetBaseException(), endpoint)}", error)
        {
            NothingSent = NothingSent(error),
        };

    private static ConcordUnavailableException TimedOut(RpcException error, Uri endpoint) =>
        new($"{Name(endpoint)} gave no answer in time", error) { TimedOut = true };

    /// <summary>In TLS 1.3 a client learns only after the handshake that its certificate is not wanted, and then as an end of the
    /// connection, by whichever part of the handler sees it first.</summary>
    private static string Cause(Exception cause, Uri endpoint) =>
        endpoint.Scheme == Uri.UriSchemeHttps && cause is IOException or HttpRequestException or ObjectDisposedException
            ? $"{(cause is ObjectDisposedException ? "The server ended the connection." : cause.Message)} If it does so every time, it may demand a certificate, or another one."
            : cause.Message;

    public static string Name(Uri endpoint) => endpoint.GetLeftPart(UriPartial.Authority);

    private static ErrorDetail? DetailOf(Metadata trailers)
    {
        if (trailers.GetValueBytes(DetailTrailer) is not { } bytes)
            return null;
        try
        {
            return ErrorDetail.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            // Not written by a Concord server; the status and its text still tell.
            return null;
        }
    }

    private static ErrorDetail Plain(RpcException error) =>
        new() { Code = error.StatusCode.ToString(), Message = error.Status.Detail };
}
