using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Concord.Server.Gateway;

/// <summary>One method of the API behind the gateway, whatever its messages and directions.</summary>
internal sealed class GatewayMethod
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    private readonly MethodDescriptor _method;
    private readonly GatewayChannel _channel;
    private readonly Method<IMessage, IMessage> _call;

    public GatewayMethod(MethodDescriptor method, GatewayChannel channel)
    {
        _method = method;
        _channel = channel;

        // On the wire a single message is a stream of one, so one kind of call serves all.
        _call = new(MethodType.DuplexStreaming, method.Service.FullName, method.Name, MarshallerOf(method.InputType), MarshallerOf(method.OutputType));
    }

    /// <summary>Hands on what the client sends, answers with what the API says.</summary>
    public async Task AnswerAsync(HttpContext http, IGatewayExchange exchange)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        try
        {
            var options = new CallOptions(GatewayMetadata.Of(http.Request), GatewayMetadata.DeadlineOf(http.Request), ended.Token);
            using var call = _channel.Invoker.AsyncDuplexStreamingCall(_call, host: null, options);
            var sending = SendAsync(exchange, call.RequestStream, ended);
            try
            {
                await ReceiveAsync(exchange, call.ResponseStream, ended.Token);
            }
            finally
            {
                await ended.CancelAsync();

                // Why it ended is what counts; a request that cannot be read has ended it, and is told.
                await sending;
            }
        }
        catch (RpcException error) when (!http.RequestAborted.IsCancellationRequested)
        {
            await exchange.FailAsync(error.Status);
        }
        catch (Exception error) when (error is JsonException or InvalidJsonException or InvalidProtocolBufferException)
        {
            await exchange.FailAsync(new(StatusCode.InvalidArgument, $"The request is not the JSON of a {_method.InputType.Name}: {error.Message}"));
        }
        catch (Exception error) when (http.RequestAborted.IsCancellationRequested && error is RpcException or OperationCanceledException or IOException)
        {
            // The client has left; nobody is there to be told.
        }
        catch (BadHttpRequestException error)
        {
            await exchange.FailAsync(new(StatusCode.InvalidArgument, error.Message));
        }
    }

    private async Task SendAsync(IGatewayExchange exchange, IClientStreamWriter<IMessage> output, CancellationTokenSource ended)
    {
        try
        {
            var any = false;
            await foreach (var request in exchange.RequestsAsync(ended.Token))
            {
                any = true;
                await output.WriteAsync(Parser.Parse(request.GetRawText(), _method.InputType), ended.Token);
                if (!_method.IsClientStreaming)
                {
                    break;
                }
            }

            if (!any && !_method.IsClientStreaming)
            {
                // Nothing at all stands for a request without fields.
                await output.WriteAsync(_method.InputType.Parser.ParseFrom([]), ended.Token);
            }

            await output.CompleteAsync();
        }
        catch (Exception error) when (ended.IsCancellationRequested && error is OperationCanceledException or RpcException or IOException or InvalidOperationException)
        {
            // The call has ended while the client was still sending.
        }
        catch
        {
            await ended.CancelAsync();
            throw;
        }
    }

    private async Task ReceiveAsync(IGatewayExchange exchange, IAsyncStreamReader<IMessage> input, CancellationToken cancellation)
    {
        try
        {
            while (await input.MoveNext(cancellation))
            {
                var json = Formatter.Format(input.Current);
                await (_method.IsServerStreaming ? exchange.SendAsync(json, cancellation) : exchange.AnswerAsync(json, cancellation));
            }
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Cancelled && cancellation.IsCancellationRequested)
        {
            // By the sending side, which knows why.
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Likewise.
        }
    }

    private static Marshaller<IMessage> MarshallerOf(MessageDescriptor type) => Marshallers.Create(
        static (message, context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        context => type.Parser.ParseFrom(context.PayloadAsReadOnlySequence()));
}
