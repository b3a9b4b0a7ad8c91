using System.Text.Json;
using Grpc.Core;

namespace Concord.Server.Gateway;

/// <summary>The JSON side of a call: what the client sends and what it is answered.</summary>
internal interface IGatewayExchange
{
    /// <summary>The requests as they come.</summary>
    /// <exception cref="JsonException">What came is no JSON.</exception>
    IAsyncEnumerable<JsonElement> RequestsAsync(CancellationToken cancellation);

    /// <summary>The only answer of a call.</summary>
    Task AnswerAsync(string json, CancellationToken cancellation);

    /// <summary>The next of the answers of a stream.</summary>
    Task SendAsync(string json, CancellationToken cancellation);

    /// <summary>Ends the exchange with an error.</summary>
    Task FailAsync(Status status);
}
