using Concord.Mvcc;
using Concord.Storage;

namespace Concord.EtcdBackend;

/// <summary>
/// The hash that etcd's HashKV gives for a revision, computed from a view: a CRC-32C over the name of the bucket and then
/// every change up to the revision as its database has it. Of what was written up to the compaction, only what is still in force at the
/// revision counts, and no deletion. So it is the same whatever a member has deleted so far, and the same on etcd and Concord
/// for the same history.
/// </summary>
public static class RevisionHash
{
    /// <summary>Passes over all data.</summary>
    public static StoreError Of(KeySpaceView view, long revision, out uint hash)
    {
        ArgumentNullException.ThrowIfNull(view);
        hash = Crc32C.Compute("key"u8);
        var error = view.Range(new(KeyRange.All) { Revision = revision, CountOnly = true }, out var atRevision);
        if (error != StoreError.None)
        {
            return error;
        }

        var record = new VersionRecord();
        var buffer = new byte[1024];
        var order = new RevisionOrder(view);
        foreach (var version in order.Versions())
        {
            if (version.ModRevision > revision)
            {
                break;
            }

            // etcd passes over nothing that it still has where no key is left.
            if (version.ModRevision <= view.CompactedRevision && (version.IsTombstone || (atRevision!.Count > 0 && !IsInForce(view, version, revision))))
            {
                continue;
            }

            record.Set(version);
            var length = record.Key.Length + record.ValueLength;
            if (buffer.Length < length)
            {
                buffer = new byte[length];
            }

            record.Key.Write(buffer);
            record.CopyValue(buffer.AsSpan(record.Key.Length, record.ValueLength));
            hash = Crc32C.Append(hash, buffer.AsSpan(0, length));
        }

        return order.IsOvertaken ? StoreError.Compacted : StoreError.None;
    }

    private static bool IsInForce(KeySpaceView view, KeyVersion version, long revision)
    {
        if (revision == view.Revision)
        {
            return view.Get(version.KeySpan) == version;
        }

        // Once compaction has overtaken the view the answer does not matter any more.
        _ = view.Range(new(KeyRange.Single(version.Key)) { Revision = revision }, out var found);
        return found?.Items is [var item] && item == version;
    }
}
