using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;

namespace Concord.Benchmarks.Http2;

/// <summary>
/// A lean gRPC client connection over cleartext HTTP/2 with prior knowledge (RFC 9113): one socket, one reader that
/// answers calls in place, requests gathered and sent in one write. It shares the machine with the server it measures, so
/// what it costs matters as much as what it can do.
/// </summary>
internal sealed class Http2Connection : IAsyncDisposable
{
    private const int FrameHeaderBytes = 9;
    private const FrameFlags Acknowledged = FrameFlags.EndStream;
    private const int GrpcPrefixBytes = 5;

    /// <summary>The protocol's maximum: this client takes everything as it comes.</summary>
    private const int ReceiveWindow = int.MaxValue;

    /// <summary>Windows are topped up in large steps.</summary>
    private const int AcknowledgeBytes = 1 << 28;

    private const int DefaultWindow = 65535;
    private const int DefaultFrameBytes = 16384;
    /// <summary>Must hold the largest frame. More saves calls to the system, less allows for many connections.</summary>
    private const int ReceiveBufferBytes = 256 * 1024;
    private const int SmallReceiveBufferBytes = 20 * 1024;
    private const int HeaderBlockBytesMax = 1024;

    [ThreadStatic]
    private static Http2Connection? _reading;

    private readonly Socket _socket;
    private readonly string _authority;
    private readonly HpackWriter _headerWriter = new();
    private readonly HpackReader _headerReader = new();
    private readonly List<(string Name, string Value)> _headers = [];
    private readonly System.Threading.Lock _sync = new();
    private readonly TaskCompletionSource _settingsReceived = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by _sync.
    private readonly Dictionary<int, GrpcCall> _calls = [];
    private readonly Queue<(GrpcCall Call, byte[] Data, int Sent, bool EndStream)> _waiting = new();
    private byte[] _output = new byte[1024];
    private int _outputLength;
    private byte[] _sendBuffer = new byte[1024];
    private bool _isSending;
    private int _nextStreamId = 1;
    private int _sendWindow = DefaultWindow;
    private int _streamWindow = DefaultWindow;
    private GrpcStatus _failure;

    // The reader's own.
    private int _receivedUnacknowledged;
    private byte[] _headerBlock = [];
    private (int StreamId, FrameFlags Flags) _headerFrame;
    private Task _reader = Task.CompletedTask;

    private Http2Connection(Socket socket, string authority)
    {
        _socket = socket;
        _authority = authority;
    }

    /// <summary>Streams that the server allows at a time.</summary>
    public long MaxConcurrentStreams { get; private set; } = long.MaxValue;

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <param name="isOneOfMany">Use little memory.</param>
    public static async Task<Http2Connection> ConnectAsync(DnsEndPoint endpoint, bool isOneOfMany, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, cancellation);
            var connection = new Http2Connection(socket, $"{endpoint.Host}:{endpoint.Port}");
            connection.WritePreface();
            var bufferBytes = isOneOfMany ? SmallReceiveBufferBytes : ReceiveBufferBytes;
            connection._reader = Task.Run(() => connection.ReadAsync(bufferBytes), CancellationToken.None);
            await connection._settingsReceived.Task.WaitAsync(cancellation);
            return connection;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reader;
    }

    internal void Start(GrpcCall call, string path, IMessage request, bool endStream)
    {
        GrpcStatus failure;
        lock (_sync)
        {
            failure = _failure;
            if (failure.IsOk)
            {
                call.StreamId = _nextStreamId;
                call.SendWindow = _streamWindow;
                call.ReceivedUnacknowledged = 0;
                _nextStreamId += 2;
                _calls.Add(call.StreamId, call);
                WriteHeaders(call.StreamId, path);
                WriteMessage(call, request, endStream);
            }
        }

        if (!failure.IsOk)
        {
            call.OnEnd(failure);
            return;
        }

        FlushUnlessReading();
    }

    internal void Send(GrpcCall call, IMessage request)
    {
        lock (_sync)
        {
            WriteMessage(call, request, endStream: false);
        }

        FlushUnlessReading();
    }

    private void WritePreface()
    {
        lock (_sync)
        {
            Preface.CopyTo(Reserve(Preface.Length));
            Span<byte> settings = stackalloc byte[12];
            WriteSetting(settings, Setting.EnablePush, 0);
            WriteSetting(settings[6..], Setting.InitialWindowSize, ReceiveWindow);
            WriteFrame(FrameType.Settings, FrameFlags.None, 0, settings);
            WriteWindowUpdate(0, ReceiveWindow - DefaultWindow);
        }

        Flush();
    }

    private static void WriteSetting(Span<byte> output, Setting setting, int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(output, (ushort)setting);
        BinaryPrimitives.WriteInt32BigEndian(output[2..], value);
    }

    private void WriteHeaders(int streamId, string path)
    {
        Span<byte> block = stackalloc byte[HeaderBlockBytesMax];
        var length = _headerWriter.Write(
            [
                (":method", "POST"),
                (":scheme", "http"),
                (":path", path),
                (":authority", _authority),
                ("content-type", "application/grpc"),
                ("te", "trailers"),
                ("user-agent", "concord-bench"),
            ],
            block);
        WriteFrame(FrameType.Headers, FrameFlags.EndHeaders, streamId, block[..length]);
    }

    private void WriteMessage(GrpcCall call, IMessage request, bool endStream)
    {
        var size = request.CalculateSize();
        var length = GrpcPrefixBytes + size;
        if (length <= DefaultFrameBytes && length <= Math.Min(_sendWindow, call.SendWindow) && _waiting.Count == 0)
        {
            var frame = Reserve(FrameHeaderBytes + length);
            WriteFrameHeader(frame, FrameType.Data, endStream ? FrameFlags.EndStream : FrameFlags.None, call.StreamId, length);
            WritePrefixed(frame[FrameHeaderBytes..], request, size);
            _sendWindow -= length;
            call.SendWindow -= length;
            return;
        }

        var data = new byte[length];
        WritePrefixed(data, request, size);
        _waiting.Enqueue((call, data, 0, endStream));
        WriteWaiting();
    }

    private static void WritePrefixed(Span<byte> output, IMessage request, int size)
    {
        output[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(output[1..], size);
        request.WriteTo(output.Slice(GrpcPrefixBytes, size));
    }

    /// <summary>Sends what had to wait for the server's windows, in order.</summary>
    private void WriteWaiting()
    {
        while (_waiting.TryDequeue(out var item))
        {
            var (call, data, sent, endStream) = item;
            if (!_calls.ContainsKey(call.StreamId))
            {
                continue;
            }

            while (sent < data.Length)
            {
                var length = Math.Min(Math.Min(data.Length - sent, DefaultFrameBytes), Math.Min(_sendWindow, call.SendWindow));
                if (length <= 0)
                {
                    // Back to the front: the order of messages must hold.
                    var rest = _waiting.ToArray();
                    _waiting.Clear();
                    _waiting.Enqueue((call, data, sent, endStream));
                    Array.ForEach(rest, _waiting.Enqueue);
                    return;
                }

                var isLast = sent + length == data.Length;
                WriteFrame(FrameType.Data, isLast && endStream ? FrameFlags.EndStream : FrameFlags.None, call.StreamId, data.AsSpan(sent, length));
                sent += length;
                _sendWindow -= length;
                call.SendWindow -= length;
            }
        }
    }

    private void WriteWindowUpdate(int streamId, int bytes)
    {
        Span<byte> payload = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(payload, bytes);
        WriteFrame(FrameType.WindowUpdate, FrameFlags.None, streamId, payload);
    }

    private void WriteFrame(FrameType type, FrameFlags flags, int streamId, ReadOnlySpan<byte> payload)
    {
        var frame = Reserve(FrameHeaderBytes + payload.Length);
        WriteFrameHeader(frame, type, flags, streamId, payload.Length);
        payload.CopyTo(frame[FrameHeaderBytes..]);
    }

    private static void WriteFrameHeader(Span<byte> frame, FrameType type, FrameFlags flags, int streamId, int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(frame, length << 8);
        frame[3] = (byte)type;
        frame[4] = (byte)flags;
        BinaryPrimitives.WriteInt32BigEndian(frame[5..], streamId);
    }

    private Span<byte> Reserve(int length)
    {
        if (_output.Length - _outputLength < length)
        {
            Array.Resize(ref _output, Math.Max(_output.Length * 2, _outputLength + length));
        }

        var span = _output.AsSpan(_outputLength, length);
        _outputLength += length;
        return span;
    }

    private void FlushUnlessReading()
    {
        if (_reading != this)
        {
            Flush();
        }
    }

    private void Flush()
    {
        lock (_sync)
        {
            if (_isSending || _outputLength == 0 || !_failure.IsOk)
            {
                return;
            }

            _isSending = true;
        }

        _ = SendAsync();
    }

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                int length;
                lock (_sync)
                {
                    length = _outputLength;
                    if (length == 0)
                    {
                        _isSending = false;
                        return;
                    }

                    (_output, _sendBuffer) = (_sendBuffer, _output);
                    _outputLength = 0;
                }

                for (var sent = 0; sent < length;)
                {
                    sent += await _socket.SendAsync(_sendBuffer.AsMemory(sent, length - sent)).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Fail(exception.Message);
        }
    }

    private async Task ReadAsync(int bufferBytes)
    {
        var buffer = new byte[bufferBytes];
        var length = 0;
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveAsync(buffer.AsMemory(length)).ConfigureAwait(false);
                if (received == 0)
                {
                    Fail("the server closed the connection");
                    return;
                }

                length += received;
                _reading = this;
                var used = ReadFrames(buffer.AsSpan(0, length));
                _reading = null;
                buffer.AsSpan(used, length - used).CopyTo(buffer);
                length -= used;
                Flush();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidDataException or InvalidProtocolBufferException)
        {
            _reading = null;
            Fail(exception.Message);
        }
    }

    private void Fail(string message)
    {
        List<GrpcCall> calls;
        lock (_sync)
        {
            if (!_failure.IsOk)
            {
                return;
            }

            _failure = GrpcStatus.Unavailable(message);
            calls = [.. _calls.Values];
            _calls.Clear();
        }

        _settingsReceived.TrySetException(new GrpcException(_failure));
        foreach (var call in calls)
        {
            call.OnEnd(_failure);
        }
    }

    private int ReadFrames(ReadOnlySpan<byte> data)
    {
        var used = 0;
        while (data.Length - used >= FrameHeaderBytes)
        {
            var header = data.Slice(used, FrameHeaderBytes);
            var length = BinaryPrimitives.ReadInt32BigEndian(header) >>> 8;
            if (data.Length - used < FrameHeaderBytes + length)
            {
                break;
            }

            var streamId = BinaryPrimitives.ReadInt32BigEndian(header[5..]) & int.MaxValue;
            OnFrame((FrameType)header[3], (FrameFlags)header[4], streamId, data.Slice(used + FrameHeaderBytes, length));
            used += FrameHeaderBytes + length;
        }

        return used;
    }

    private void OnFrame(FrameType type, FrameFlags flags, int streamId, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case FrameType.Data:
                OnData(flags, streamId, payload);
                break;
            case FrameType.Headers:
                OnHeaders(flags, streamId, payload);
                break;
            case FrameType.Continuation:
                _headerBlock = [.. _headerBlock, .. payload];
                if (flags.HasFlag(FrameFlags.EndHeaders))
                {
                    OnHeaderBlock(_headerFrame.Flags, _headerFrame.StreamId, _headerBlock);
                }

                break;
            case FrameType.ResetStream:
                Remove(streamId)?.OnEnd(GrpcStatus.Unavailable($"the server reset the stream, error {BinaryPrimitives.ReadInt32BigEndian(payload)}"));
                break;
            case FrameType.Settings when !flags.HasFlag(Acknowledged):
                OnSettings(payload);
                break;
            case FrameType.Ping when !flags.HasFlag(Acknowledged):
                lock (_sync)
                {
                    WriteFrame(FrameType.Ping, Acknowledged, 0, payload);
                }

                break;
            case FrameType.GoAway:
                throw new InvalidDataException($"the server goes away, error {BinaryPrimitives.ReadInt32BigEndian(payload[4..])}");
            case FrameType.WindowUpdate:
                OnWindowUpdate(streamId, BinaryPrimitives.ReadInt32BigEndian(payload));
                break;
        }
    }

    private void OnData(FrameFlags flags, int streamId, ReadOnlySpan<byte> payload)
    {
        _receivedUnacknowledged += payload.Length;
        GrpcCall? call;
        lock (_sync)
        {
            _calls.TryGetValue(streamId, out call);
            if (_receivedUnacknowledged >= AcknowledgeBytes)
            {
                WriteWindowUpdate(0, _receivedUnacknowledged);
                _receivedUnacknowledged = 0;
            }

            if (call is not null && (call.ReceivedUnacknowledged += payload.Length) >= AcknowledgeBytes)
            {
                WriteWindowUpdate(streamId, call.ReceivedUnacknowledged);
                call.ReceivedUnacknowledged = 0;
            }
        }

        if (flags.HasFlag(FrameFlags.Padded))
        {
            payload = payload[1..^payload[0]];
        }

        call?.OnData(payload);
        if (flags.HasFlag(FrameFlags.EndStream))
        {
            Remove(streamId)?.OnEnd(GrpcStatus.Unavailable("the server ended the call without a status"));
        }
    }

    private void OnHeaders(FrameFlags flags, int streamId, ReadOnlySpan<byte> payload)
    {
        if (flags.HasFlag(FrameFlags.Padded))
        {
            payload = payload[1..^payload[0]];
        }

        if (flags.HasFlag(FrameFlags.Priority))
        {
            payload = payload[5..];
        }

        if (flags.HasFlag(FrameFlags.EndHeaders))
        {
            OnHeaderBlock(flags, streamId, payload);
            return;
        }

        _headerFrame = (streamId, flags);
        _headerBlock = payload.ToArray();
    }

    private void OnHeaderBlock(FrameFlags flags, int streamId, ReadOnlySpan<byte> block)
    {
        _headers.Clear();
        _headerReader.Read(block, _headers);
        if (!flags.HasFlag(FrameFlags.EndStream))
        {
            return;
        }

        var code = -1;
        var message = "";
        foreach (var (name, value) in _headers)
        {
            if (name == "grpc-status")
            {
                code = int.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
            }
            else if (name == "grpc-message")
            {
                message = Uri.UnescapeDataString(value);
            }
        }

        var status = code >= 0 ? new GrpcStatus(code, message) : GrpcStatus.Unavailable("the server ended the call without a status");
        Remove(streamId)?.OnEnd(status);
    }

    private void OnSettings(ReadOnlySpan<byte> payload)
    {
        lock (_sync)
        {
            for (; payload.Length >= 6; payload = payload[6..])
            {
                var value = BinaryPrimitives.ReadUInt32BigEndian(payload[2..]);
                switch ((Setting)BinaryPrimitives.ReadUInt16BigEndian(payload))
                {
                    case Setting.InitialWindowSize:
                        var change = (int)value - _streamWindow;
                        _streamWindow = (int)value;
                        foreach (var call in _calls.Values)
                        {
                            call.SendWindow += change;
                        }

                        break;
                    case Setting.MaxConcurrentStreams:
                        MaxConcurrentStreams = value;
                        break;
                }
            }

            WriteFrame(FrameType.Settings, Acknowledged, 0, []);
            WriteWaiting();
        }

        _settingsReceived.TrySetResult();
    }

    private void OnWindowUpdate(int streamId, int bytes)
    {
        lock (_sync)
        {
            if (streamId == 0)
            {
                _sendWindow += bytes;
            }
            else if (_calls.TryGetValue(streamId, out var call))
            {
                call.SendWindow += bytes;
            }

            WriteWaiting();
        }
    }

    private GrpcCall? Remove(int streamId)
    {
        lock (_sync)
        {
            return _calls.Remove(streamId, out var call) ? call : null;
        }
    }
}
