using System.Buffers;
using System.Text;

namespace Concord.Server.Hosting.Grpc;

/// <summary>The text of a status as gRPC sends it in a header: what is not printable ASCII, and '%', as %XX of its UTF-8 bytes.</summary>
internal static class GrpcMessage
{
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        " !\"#$&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    public static string Encode(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(Plain))
        {
            return text;
        }

        var encoded = new StringBuilder();
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            _ = octet is >= 0x20 and <= 0x7E and not (byte)'%' ? encoded.Append((char)octet) : encoded.Append('%').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return encoded.ToString();
    }
}
