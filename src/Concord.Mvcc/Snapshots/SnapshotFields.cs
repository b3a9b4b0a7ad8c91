using Concord.Mvcc.Encoding;

namespace Concord.Mvcc.Snapshots;

/// <summary>Reads a run of numbers from what has arrived so far; <see cref="IsComplete"/> says whether it was enough.</summary>
internal ref struct SnapshotFields(ReadOnlySpan<byte> input)
{
    private readonly ReadOnlySpan<byte> _input = input;

    public int Consumed { get; private set; }

    public bool IsComplete { get; private set; } = true;

    public byte Byte()
    {
        if (!IsComplete || Consumed == _input.Length)
        {
            IsComplete = false;
            return 0;
        }

        return _input[Consumed++];
    }

    public ulong Unsigned()
    {
        var value = 0UL;
        var length = IsComplete ? Varint.TryRead(_input[Consumed..], out value) : 0;
        IsComplete = length > 0;
        Consumed += length;
        return value;
    }

    /// <exception cref="FormatException">The number is above <paramref name="max"/>.</exception>
    public long Number(long max = long.MaxValue)
    {
        var value = Unsigned();
        return value <= (ulong)max ? (long)value : throw new FormatException($"The snapshot has the number {value} where {max} is the highest.");
    }

    public LeaseId Lease() => new(Varint.Unfold(Unsigned()));
}
