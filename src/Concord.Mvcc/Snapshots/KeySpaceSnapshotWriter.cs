using System.Buffers;

namespace Concord.Mvcc;

/// <summary>Turns a view into the bytes of a snapshot, a piece at a time.</summary>
public sealed class KeySpaceSnapshotWriter
{
    public KeySpaceSnapshotWriter(KeySpaceView view) => ArgumentNullException.ThrowIfNull(view);

    /// <summary>Writes the next piece, at most <paramref name="bytesMax"/>; false if nothing was left to write.</summary>
    public bool WriteNext(IBufferWriter<byte> output, int bytesMax) => throw new NotImplementedException();
}
