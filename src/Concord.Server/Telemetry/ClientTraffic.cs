using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Concord.Server.Hosting.InProcess;
using Concord.Server.Replica;
using Microsoft.AspNetCore.Connections;

namespace Concord.Server.Telemetry;

/// <summary>
/// Bytes on the clients' connections, as they are on the wire. Counted at the transport, once per read and flush and not per
/// call; what this process says to itself is left out.
/// </summary>
internal sealed class ClientTraffic
{
    private const int Received = 0;
    private const int Sent = 1;

    private readonly StripedCounts _bytes = new(2);

    public ClientTraffic(Meter meter)
    {
        meter.CreateObservableCounter("etcd_network_client_grpc_received_bytes_total", () => _bytes[Received], description: "Bytes received from clients.");
        meter.CreateObservableCounter("etcd_network_client_grpc_sent_bytes_total", () => _bytes[Sent], description: "Bytes sent to clients.");
    }

    /// <summary>A step of a connection's way, before anything reads from it.</summary>
    public ConnectionDelegate Count(ConnectionDelegate next) => connection =>
    {
        if (connection.LocalEndPoint is not InProcessEndPoint)
        {
            connection.Transport = new CountedTransport(new CountedReader(connection.Transport.Input, _bytes), new CountedWriter(connection.Transport.Output, _bytes));
        }

        return next(connection);
    };

    private sealed record CountedTransport(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class CountedReader(PipeReader inner, StripedCounts bytes) : PipeReader
    {
        private System.Buffers.ReadOnlySequence<byte> _buffer;
        private long _left;

        public override bool TryRead(out ReadResult result) => inner.TryRead(out result) && Take(result);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var result = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
            Take(result);
            return result;
        }

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            _left = _buffer.Slice(consumed).Length;
            _buffer = default;
            inner.AdvanceTo(consumed, examined);
        }

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

        /// <summary>What was left the last time comes again.</summary>
        private bool Take(in ReadResult result)
        {
            _buffer = result.Buffer;
            bytes.Add(Received, _buffer.Length - _left);
            return true;
        }
    }

    private sealed class CountedWriter(PipeWriter inner, StripedCounts bytes) : PipeWriter
    {
        private long _unflushed;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes)
        {
            _unflushed += bytes;
            inner.Advance(bytes);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Count();
            return inner.FlushAsync(cancellationToken);
        }

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        {
            _unflushed += source.Length;
            Count();
            return inner.WriteAsync(source, cancellationToken);
        }

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null)
        {
            Count();
            inner.Complete(exception);
        }

        public override ValueTask CompleteAsync(Exception? exception = null)
        {
            Count();
            return inner.CompleteAsync(exception);
        }

        private void Count()
        {
            bytes.Add(Sent, _unflushed);
            _unflushed = 0;
        }
    }
}
