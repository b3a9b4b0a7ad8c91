using System.Buffers;
using Concord.Mvcc;
using Concord.Protocol.V1;
using Concord.Raft;
using Concord.Server.Replica;
using Concord.Storage;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.Server.Administration;

/// <summary>
/// Sends the whole state as of one entry while writes go on. It is encoded a piece at a time, as fast as the reader takes it:
/// the stream's flow control is the throttle.
/// </summary>
internal static class SnapshotStream
{
    private const int PieceBytes = 256 << 10;

    /// <summary>What was compacted stays in memory until the copy is read. A reader that hangs must not keep it forever.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(30);

    public static async Task SendAsync(LocalReplica replica, IServerStreamWriter<SaveSnapshotResponse> output, CancellationToken cancellation)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(TimeLimit);
        using var export = await replica.ExportAsync(limited.Token).ConfigureAwait(false);
        if (export.Metadata.Membership.Voters.Count == 0)
        {
            throw AdministrationErrors.NothingToSave();
        }

        try
        {
            await output.WriteAsync(new() { Header = HeaderOf(replica.Status, export) }, limited.Token).ConfigureAwait(false);
            var source = new KeySpaceSnapshotWriter(export.View);
            var piece = new ArrayBufferWriter<byte>(PieceBytes);
            var (bytes, checksum) = (0L, 0U);
            for (var goesOn = true; goesOn;)
            {
                goesOn = source.WriteNext(piece, PieceBytes);
                bytes += piece.WrittenCount;
                checksum = Crc32C.Append(checksum, piece.WrittenSpan);
                if (piece.WrittenCount > 0)
                {
                    // The message is sent when the call returns, so the buffer is free again.
                    await output.WriteAsync(new() { Data = UnsafeByteOperations.UnsafeWrap(piece.WrittenMemory) }, limited.Token).ConfigureAwait(false);
                }

                piece.ResetWrittenCount();
            }

            await output.WriteAsync(new() { End = new() { Bytes = bytes, Crc32C = checksum } }, limited.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw AdministrationErrors.SnapshotOvertaken();
        }
    }

    private static SnapshotHeader HeaderOf(ReplicaStatus status, StateExport export) => new()
    {
        ClusterId = status.ClusterId,
        MemberId = status.MemberId,
        MemberName = status.MemberName,
        Index = export.Metadata.Index.Value,
        Term = export.Metadata.Term.Value,
        Revision = export.View.Revision,
        CompactedRevision = export.View.CompactedRevision,
        SizeHint = export.View.SizeBytes,
        Membership = ByteString.CopyFrom(MembershipCodec.Encode(export.Metadata.Membership)),
    };
}
