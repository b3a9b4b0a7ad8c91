using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Grpc.Core;

namespace Concord.Server.Gateway;

/// <summary>One web socket: a request is a message, and so is an answer.</summary>
internal sealed class WebSocketExchange(WebSocket socket) : IGatewayExchange
{
    /// <summary>A request that a watch or keep-alive stream takes is far smaller.</summary>
    private const int MessageBytesMax = 1 << 20;

    public async IAsyncEnumerable<JsonElement> RequestsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var buffer = new byte[4096];
        while (true)
        {
            var length = 0;
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(length), cancellation);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    yield break;
                }

                length += part.Count;
                if (part.EndOfMessage)
                {
                    break;
                }

                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, length < MessageBytesMax ? 2 * length : throw new JsonException($"a message has more than {MessageBytesMax} bytes"));
                }
            }

            yield return JsonSerializer.Deserialize(buffer.AsSpan(0, length), GatewayJson.Default.JsonElement);
        }
    }

    public Task AnswerAsync(string json, CancellationToken cancellation) => SendTextAsync(json, cancellation);

    public Task SendAsync(string json, CancellationToken cancellation) => SendTextAsync($"{{\"result\":{json}}}", cancellation);

    public async Task FailAsync(Status status)
    {
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            await SendTextAsync($"{{\"error\":{GatewayErrors.ToJson(status)}}}", CancellationToken.None);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
    }

    private Task SendTextAsync(string json, CancellationToken cancellation) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(json), WebSocketMessageType.Text, endOfMessage: true, cancellation);
}
