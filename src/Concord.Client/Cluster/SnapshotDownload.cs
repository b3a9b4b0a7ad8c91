using System.Runtime.CompilerServices;
using Concord.Protocol.V1;
using Grpc.Core;

namespace Concord.Client.Cluster;

/// <summary>A copy of a cluster's state on its way. Read <see cref="ReadAsync"/> to the end, then dispose it.</summary>
public sealed class SnapshotDownload : IDisposable
{
    private readonly AsyncServerStreamingCall<SaveSnapshotResponse> _call;

    private SnapshotDownload(AsyncServerStreamingCall<SaveSnapshotResponse> call, SnapshotHeader header) => (_call, Header) = (call, header);

    /// <summary>Whose state it is, and of which moment.</summary>
    public SnapshotHeader Header { get; }

    /// <summary>What the server says that it sent; set when all was read.</summary>
    public SnapshotEnd? End { get; private set; }

    /// <summary>The bytes, in pieces of any size, each valid until the next. A stream that breaks off raises an exception.</summary>
    /// <exception cref="ConcordException">The server or the connection failed, or it ended too early.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await _call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            var part = _call.ResponseStream.Current;
            if (part.PartCase == SaveSnapshotResponse.PartOneofCase.End)
                End = part.End;
            else
                yield return part.Data.Memory;
        }

        if (End is null)
            throw new ConcordUnavailableException("The server ended the copy before it was complete.", null);
    }

    public void Dispose() => _call.Dispose();

    internal static async Task<SnapshotDownload> BeginAsync(AsyncServerStreamingCall<SaveSnapshotResponse> call, CancellationToken cancellation) =>
        await call.ResponseStream.MoveNext(cancellation).ConfigureAwait(false) && call.ResponseStream.Current.Header is { } header
            ? new(call, header)
            : throw new ConcordUnavailableException("The server did not begin the copy with its header.", null);
}
