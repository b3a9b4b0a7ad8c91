using System.Security.Cryptography;
using Concord.EtcdBackend;
using Concord.Protocol.Etcd;
using Concord.Server.Hosting;
using Concord.Server.Replica;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>
/// The state as a database of etcd, as of one entry, while writes go on: laid out first, then encoded a piece at a time as
/// fast as the reader takes it, with the hash behind it that etcd's tools ask for. What the member has is sent, with a
/// majority or without one, as etcd does.
/// </summary>
internal static class BackendStream
{
    /// <summary>As etcd's; some clients take no larger messages than 4 MiB, none minds small ones.</summary>
    private const int PieceBytes = 32 << 10;

    /// <summary>What was compacted stays in memory until the copy is read. A reader that hangs must not keep it forever.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(30);

    public static async Task SendAsync(LocalReplica replica, IServerStreamWriter<SnapshotResponse> output, CancellationToken cancellation)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(TimeLimit);
        try
        {
            using var export = await replica.ExportAsync(limited.Token).ConfigureAwait(false);
            if (export.Metadata.Membership.Voters.Count == 0)
            {
                throw EtcdErrors.NothingToSave();
            }

            var database = new BackendWriter(StateOf(replica, export), limited.Token);
            await SendAsync(database, output, limited.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw EtcdErrors.SnapshotTooSlow();
        }
        catch (ReplicaException exception)
        {
            throw EtcdErrors.From(exception);
        }
    }

    private static async Task SendAsync(BackendWriter database, IServerStreamWriter<SnapshotResponse> output, CancellationToken cancellation)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var left = database.FileBytes;
        foreach (var written in database.Pieces(PieceBytes))
        {
            for (var rest = written; !rest.IsEmpty;)
            {
                var piece = rest[..Math.Min(rest.Length, PieceBytes)];
                rest = rest[piece.Length..];
                left -= piece.Length;
                sha.AppendData(piece.Span);

                // The message is sent when the call returns, so the buffer is free again.
                await output.WriteAsync(Answer(left, UnsafeByteOperations.UnsafeWrap(piece)), cancellation).ConfigureAwait(false);
            }
        }

        await output.WriteAsync(Answer(0, ByteString.CopyFrom(sha.GetHashAndReset())), cancellation).ConfigureAwait(false);
    }

    private static SnapshotResponse Answer(long left, ByteString blob) =>
        new() { RemainingBytes = (ulong)left, Blob = blob, Version = ServerVersion.Answer.EtcdCluster };

    private static BackendState StateOf(LocalReplica replica, StateExport export)
    {
        var members = replica.Members.Select(member => new BackendMember(
            member.Id, member.Name, member.PeerUrls, member.ClientUrls, member.IsLearner));
        return new(export.View, (ulong)export.Metadata.Index.Value, (ulong)export.Metadata.Term.Value, [.. members], BackendRights.Of(export.View.Auth));
    }
}
