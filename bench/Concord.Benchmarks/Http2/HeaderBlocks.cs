using System.Globalization;

namespace Concord.Benchmarks.Http2;

/// <summary>The header blocks of one connection's answers; a block that ends a stream carries the call's status.</summary>
internal sealed class HeaderBlocks
{
    private const int PriorityBytes = 5;

    private readonly HpackReader _reader = new();
    private readonly List<(string Name, string Value)> _headers = [];

    // Of a block that goes on in continuation frames, which nothing else comes between.
    private byte[] _begun = [];
    private bool _endsStream;

    /// <summary>Reads a HEADERS or CONTINUATION frame; the status if it ends the stream.</summary>
    public GrpcStatus? Read(FrameType type, FrameFlags flags, ReadOnlySpan<byte> payload)
    {
        if (type == FrameType.Headers)
        {
            _endsStream = flags.HasFlag(FrameFlags.EndStream);
            payload = flags.HasFlag(FrameFlags.Padded) ? payload[1..^payload[0]] : payload;
            payload = flags.HasFlag(FrameFlags.Priority) ? payload[PriorityBytes..] : payload;
        }

        if (!flags.HasFlag(FrameFlags.EndHeaders))
        {
            _begun = [.. _begun, .. payload];
            return null;
        }

        _headers.Clear();
        if (_begun.Length > 0)
        {
            payload = (byte[])[.. _begun, .. payload];
            _begun = [];
        }

        // Also blocks that nobody asks for must be read: they fill the table.
        _reader.Read(payload, _headers);
        return _endsStream ? Status() : null;
    }

    private GrpcStatus Status()
    {
        int? code = null;
        var message = "";
        foreach (var (name, value) in _headers)
        {
            if (name == "grpc-status")
            {
                code = int.Parse(value, CultureInfo.InvariantCulture);
            }
            else if (name == "grpc-message")
            {
                message = Uri.UnescapeDataString(value);
            }
        }

        return code is { } known ? new(known, message) : GrpcStatus.Unavailable("the server ended the call without a status");
    }
}
