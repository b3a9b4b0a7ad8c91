using Concord.Gossip;

namespace Concord.Members.Streams;

/// <summary>
/// What strangers may make this process hold in memory, all streams together: until its last byte is there a frame cannot be told
/// from garbage.
/// </summary>
internal sealed class StreamBudget
{
    /// <summary>Three full states of the largest size with their opened copies, or a thousand usual ones.</summary>
    public const long BytesMax = 128 << 20;

    private long _taken;

    public long Taken => Volatile.Read(ref _taken);

    public Share Open() => new(this);

    /// <summary>Of one stream; given back as a whole.</summary>
    public sealed class Share(StreamBudget budget) : IDisposable
    {
        private long _bytes;

        /// <exception cref="StreamRefusedException">There is not so much left.</exception>
        public void Take(int bytes)
        {
            if (Interlocked.Add(ref budget._taken, bytes) > BytesMax)
            {
                Interlocked.Add(ref budget._taken, -bytes);
                throw new StreamRefusedException(PacketRefusal.None, "gossip streams hold too much already");
            }

            _bytes += bytes;
        }

        public void Dispose()
        {
            Interlocked.Add(ref budget._taken, -_bytes);
            _bytes = 0;
        }
    }
}
