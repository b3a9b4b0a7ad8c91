using System.Buffers;
using System.Buffers.Binary;
using Concord.Server.Telemetry;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace Concord.Server.Hosting.Grpc;

/// <summary>How an answer is written: its size first, for gRPC puts the length before the message.</summary>
internal interface IAnswerWriter<in TAnswer>
{
    static abstract int Size(TAnswer answer);

    static abstract void Write(TAnswer answer, int size, IBufferWriter<byte> output);
}

/// <summary>A unary gRPC method that is answered without the framework.</summary>
internal interface ILeanCall
{
    /// <summary>Answers a plain call (<see cref="LeanCall.IsPlain"/>).</summary>
    /// <param name="count">Where it is counted, if nothing else on its way does.</param>
    /// <param name="otherwise">Answers what turns out not to be plain, with the request as it came.</param>
    Task AnswerAsync(HttpContext http, GrpcCallCount? count, RequestDelegate otherwise);
}

/// <summary>
/// A unary gRPC method as a bare handler of the web server: it reads the message from the request's pipe and writes the answer into
/// the response's, without the framework's call object, its states and its copies.
/// </summary>
/// <remarks>
/// It takes the plain call: HTTP/2, no compression, no deadline, one whole message that can be read. Everything else, the malformed
/// above all, goes to the framework's handler of the same method, so there is one place that knows
/// what to answer to it. What the two answer to the same call is compared byte for byte in the tests.
/// </remarks>
internal sealed class LeanUnary<TRequest, TAnswer, TWriter>(
    MessageParser<TRequest> parser, Func<TRequest, HttpContext, ValueTask<TAnswer>> call, int receiveBytesMax, ILogger logger) : ILeanCall
    where TRequest : class, IMessage<TRequest>
    where TWriter : IAnswerWriter<TAnswer>
{
    public async Task AnswerAsync(HttpContext http, GrpcCallCount? count, RequestDelegate otherwise)
    {
        if (await ReadAsync(http).ConfigureAwait(false) is not { } request)
        {
            await otherwise(http).ConfigureAwait(false);
            return;
        }

        count?.Started();
        var code = await AnswerAsync(http, request).ConfigureAwait(false);
        count?.Handled(code);
    }

    private async ValueTask<StatusCode> AnswerAsync(HttpContext http, TRequest request)
    {
        TAnswer answer;
        try
        {
            answer = await call(request, http).ConfigureAwait(false);
        }
        catch (RpcException error) when (error.Trailers.Count == 0)
        {
            return LeanCall.Refuse(http, error.Status);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there any more to be answered.
            return StatusCode.Cancelled;
        }
#pragma warning disable CA1031 // As the framework does: the call has failed, the server has not.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LeanCall.Failed(logger, error, http.Request.Path);
            return LeanCall.Refuse(http, new(StatusCode.Unknown, "Exception was thrown by handler."));
        }

        var size = TWriter.Size(answer);
        var output = LeanCall.BeginAnswer(http, size);
        TWriter.Write(answer, size, output);
        LeanCall.EndAnswer(http);
        return StatusCode.OK;
    }

    /// <summary>The request's message, or null with nothing consumed if it is not exactly one that can be read.</summary>
    /// <remarks>
    /// Whether the call goes to the framework is decided as soon as the bytes tell, and only with bytes that were not examined before:
    /// a pipe does not take examined bytes back, and whoever reads on would wait for more of them than may ever come.
    /// </remarks>
    private async ValueTask<TRequest?> ReadAsync(HttpContext http)
    {
        var input = http.Request.BodyReader;
        var examined = 0L;
        while (true)
        {
            var read = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            var buffer = read.Buffer;
            if (!read.IsCanceled && !read.IsCompleted && LeanCall.MayBecomeMessage(buffer, receiveBytesMax))
            {
                examined = buffer.Length;
                input.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }

            if (read.IsCanceled
                || !LeanCall.MayBecomeMessage(buffer, receiveBytesMax)
                || !LeanCall.IsMessage(buffer)
                || !TryParse(buffer.Slice(LeanCall.PrefixBytes), out var request))
            {
                input.AdvanceTo(buffer.Start, buffer.GetPosition(examined));
                return null;
            }

            input.AdvanceTo(buffer.End);
            return request;
        }
    }

    private bool TryParse(ReadOnlySequence<byte> message, out TRequest? request)
    {
        try
        {
            request = parser.ParseFrom(message);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            request = null;
            return false;
        }
    }
}

/// <summary>What does not depend on the types of a call.</summary>
internal static partial class LeanCall
{
    /// <summary>Before each message: a byte that says whether it is compressed, and its length.</summary>
    public const int PrefixBytes = 5;

    private const string ContentType = "application/grpc";
    private const string Identity = "identity";
    private const string Ok = "0";

    public static bool IsPlain(HttpRequest request)
    {
        var headers = request.Headers;
        return HttpProtocol.IsHttp2(request.Protocol)
            && request.ContentType == ContentType
            && headers.GrpcTimeout.Count == 0
            && (headers.GrpcEncoding.Count == 0 || headers.GrpcEncoding == Identity);
    }

    /// <summary>One message, not compressed and not too large, or what there is of it so far.</summary>
    public static bool MayBecomeMessage(ReadOnlySequence<byte> buffer, int receiveBytesMax) =>
        buffer.Length < PrefixBytes
        || (Prefix(buffer) is (0, var length) && length <= receiveBytesMax && length >= buffer.Length - PrefixBytes);

    /// <summary>Exactly one message, not compressed.</summary>
    public static bool IsMessage(ReadOnlySequence<byte> buffer) =>
        buffer.Length >= PrefixBytes && Prefix(buffer) is (0, var length) && length == buffer.Length - PrefixBytes;

    private static (byte Compressed, uint Length) Prefix(ReadOnlySequence<byte> buffer)
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        buffer.Slice(0, PrefixBytes).CopyTo(prefix);
        return (prefix[0], BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]));
    }

    /// <summary>Headers and prefix; the message comes next.</summary>
    public static IBufferWriter<byte> BeginAnswer(HttpContext http, int size)
    {
        http.Response.ContentType = ContentType;
        var output = http.Response.BodyWriter;
        var prefix = output.GetSpan(PrefixBytes);
        prefix[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], size);
        output.Advance(PrefixBytes);
        return output;
    }

    public static void EndAnswer(HttpContext http)
    {
        // The web server's own collection is the feature itself; to look it up in there costs more than to ask.
        var features = http.Features;
        var trailers = features as IHttpResponseTrailersFeature ?? features.GetRequiredFeature<IHttpResponseTrailersFeature>();
        trailers.Trailers.GrpcStatus = Ok;
    }

    /// <summary>An answer that is a status alone: it needs no trailers, headers do.</summary>
    public static StatusCode Refuse(HttpContext http, Status status)
    {
        var response = http.Response;
        response.ContentType = ContentType;
        response.Headers.GrpcStatus = ((int)status.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (status.Detail.Length > 0)
        {
            response.Headers.GrpcMessage = GrpcMessage.Encode(status.Detail);
        }

        return status.StatusCode;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A call to {path} failed by a fault of this server.")]
    public static partial void Failed(ILogger logger, Exception error, PathString path);
}
