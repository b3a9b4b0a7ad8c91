using System.Globalization;
using Grpc.Core;

namespace Concord.Server.Gateway;

/// <summary>What of an HTTP request's headers the call gets.</summary>
internal static class GatewayMetadata
{
    private const string Prefix = "Grpc-Metadata-";
    private const string Bearer = "Bearer ";

    /// <summary>The token, and whatever the client prefixed with "Grpc-Metadata-".</summary>
    public static Metadata Of(HttpRequest request)
    {
        var metadata = new Metadata();
        if (request.Headers.Authorization.ToString() is { Length: > 0 } token)
        {
            metadata.Add("token", token.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? token[Bearer.Length..] : token);
        }

        foreach (var (name, value) in request.Headers)
        {
            if (name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && name.Length > Prefix.Length)
            {
                metadata.Add(name[Prefix.Length..].ToLowerInvariant(), value.ToString());
            }
        }

        return metadata;
    }

    /// <summary>"Grpc-Timeout", a number of up to eight digits and its unit (gRPC over HTTP/2, "Timeout"); null if there is none.</summary>
    /// <exception cref="RpcException">It is not understood.</exception>
    public static DateTime? DeadlineOf(HttpRequest request)
    {
        var text = request.Headers["Grpc-Timeout"].ToString();
        if (text.Length == 0)
        {
            return null;
        }

        TimeSpan? unit = text[^1] switch
        {
            'H' => TimeSpan.FromHours(1),
            'M' => TimeSpan.FromMinutes(1),
            'S' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMilliseconds(1),
            'u' => TimeSpan.FromMicroseconds(1),
            'n' => TimeSpan.FromTicks(1) / 100,
            _ => null,
        };
        return unit is not null && text.Length <= 9 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? DateTime.UtcNow + (count * unit)
            : throw new RpcException(new(StatusCode.InvalidArgument, $"invalid grpc-timeout \"{text}\": give a number and one of H, M, S, m, u, n"));
    }
}
