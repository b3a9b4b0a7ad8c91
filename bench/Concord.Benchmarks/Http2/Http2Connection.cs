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
    private const FrameFlags Acknowledged = FrameFlags.EndStream;

    /// <summary>Must hold the largest frame. More saves calls to the system, less allows for many connections.</summary>
    private const int ReceiveBufferBytes = 256 * 1024;
    private const int SmallReceiveBufferBytes = 20 * 1024;

    [ThreadStatic]
    private static Http2Connection? _reading;

    private readonly Socket _socket;
    private readonly string _authority;
    private readonly TaskCompletionSource _settingsReceived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly System.Threading.Lock _sync = new();

    // Guarded by _sync.
    private readonly Dictionary<int, GrpcCall> _calls = [];
    private readonly FrameBuffer _output = new();
    private readonly MessageSender _sender;
    private bool _isSending;
    private int _nextStreamId = 1;
    private GrpcStatus _failure;

    // The reader's own.
    private readonly HeaderBlocks _headers = new();
    private ReceiveWindow _window;
    private Task _reader = Task.CompletedTask;

    private Http2Connection(Socket socket, string authority)
    {
        _socket = socket;
        _authority = authority;
        _sender = new(_output);
    }

    /// <summary>Streams that the server allows at a time.</summary>
    public long MaxConcurrentStreams { get; private set; } = long.MaxValue;

    /// <param name="isOneOfMany">Use little memory.</param>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    /// <exception cref="GrpcException">Whoever listens does not speak HTTP/2.</exception>
    public static async Task<Http2Connection> ConnectAsync(DnsEndPoint endpoint, bool isOneOfMany, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, cancellation);
            var connection = new Http2Connection(socket, $"{endpoint.Host}:{endpoint.Port}");
            connection.Open(isOneOfMany ? SmallReceiveBufferBytes : ReceiveBufferBytes);
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
                call.Begin(_nextStreamId, _sender.StreamWindow);
                _nextStreamId += 2;
                _calls.Add(call.StreamId, call);
                _output.WriteHeaders(call.StreamId, _authority, path);
                _sender.Send(call, request, endStream ? FrameFlags.EndStream : FrameFlags.None);
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
            _sender.Send(call, request, FrameFlags.None);
        }

        FlushUnlessReading();
    }

    private void Open(int receiveBufferBytes)
    {
        lock (_sync)
        {
            _output.WritePreface();
            _output.WriteSettings([(Setting.EnablePush, 0), (Setting.InitialWindowSize, ReceiveWindow.Bytes)]);
            _output.WriteWindowUpdate(0, ReceiveWindow.Bytes - _sender.Window);
        }

        Flush();
        _reader = Task.Run(() => ReadAsync(new byte[receiveBufferBytes]));
    }

    /// <summary>What the reader's callbacks send leaves when the reader has seen everything that came.</summary>
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
            if (_isSending || _output.Length == 0 || !_failure.IsOk)
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
                ReadOnlyMemory<byte> data;
                lock (_sync)
                {
                    if (_output.Length == 0)
                    {
                        _isSending = false;
                        return;
                    }

                    data = _output.Take();
                }

                while (data.Length > 0)
                {
                    data = data[await _socket.SendAsync(data).ConfigureAwait(false)..];
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Fail(exception.Message);
        }
    }

    private async Task ReadAsync(byte[] buffer)
    {
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
        while (data.Length - used >= FrameBuffer.HeaderBytes)
        {
            var header = data.Slice(used, FrameBuffer.HeaderBytes);
            var length = BinaryPrimitives.ReadInt32BigEndian(header) >>> 8;
            if (data.Length - used < FrameBuffer.HeaderBytes + length)
            {
                break;
            }

            var streamId = BinaryPrimitives.ReadInt32BigEndian(header[5..]) & int.MaxValue;
            OnFrame((FrameType)header[3], (FrameFlags)header[4], streamId, data.Slice(used + FrameBuffer.HeaderBytes, length));
            used += FrameBuffer.HeaderBytes + length;
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
            case FrameType.Headers or FrameType.Continuation:
                if (_headers.Read(type, flags, payload) is { } status)
                {
                    End(streamId, status);
                }

                break;
            case FrameType.ResetStream:
                End(streamId, GrpcStatus.Unavailable($"the server reset the stream, error {BinaryPrimitives.ReadInt32BigEndian(payload)}"));
                break;
            case FrameType.Settings when !flags.HasFlag(Acknowledged):
                OnSettings(payload);
                break;
            case FrameType.Ping when !flags.HasFlag(Acknowledged):
                lock (_sync)
                {
                    _output.WriteFrame(FrameType.Ping, Acknowledged, 0, payload);
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
        GrpcCall? call;
        lock (_sync)
        {
            if (_window.Receive(payload.Length) is > 0 and var grant)
            {
                _output.WriteWindowUpdate(0, grant);
            }

            if (_calls.TryGetValue(streamId, out call) && call.Window.Receive(payload.Length) is > 0 and var streamGrant)
            {
                _output.WriteWindowUpdate(streamId, streamGrant);
            }
        }

        call?.OnData(flags.HasFlag(FrameFlags.Padded) ? payload[1..^payload[0]] : payload);
        if (flags.HasFlag(FrameFlags.EndStream))
        {
            End(streamId, GrpcStatus.Unavailable("the server ended the call without a status"));
        }
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
                        foreach (var call in _calls.Values)
                        {
                            call.SendWindow += (int)value - _sender.StreamWindow;
                        }

                        _sender.StreamWindow = (int)value;
                        break;
                    case Setting.MaxConcurrentStreams:
                        MaxConcurrentStreams = value;
                        break;
                }
            }

            _output.WriteFrame(FrameType.Settings, Acknowledged, 0, []);
            _sender.SendWaiting();
        }

        _settingsReceived.TrySetResult();
    }

    private void OnWindowUpdate(int streamId, int bytes)
    {
        lock (_sync)
        {
            if (streamId == 0)
            {
                _sender.Window += bytes;
            }
            else if (_calls.TryGetValue(streamId, out var call))
            {
                call.SendWindow += bytes;
            }

            _sender.SendWaiting();
        }
    }

    private void End(int streamId, GrpcStatus status)
    {
        GrpcCall? call;
        lock (_sync)
        {
            if (!_calls.Remove(streamId, out call))
            {
                return;
            }

            call.IsOver = true;
            _sender.SendWaiting();
        }

        call.OnEnd(status);
    }
}
