namespace Concord.Storage;

public sealed record StorageOptions
{
    /// <summary>
    /// The size that segments are allocated with. 64 MiB: large enough that making one (a few milliseconds) is rare, small
    /// enough that the room comes back soon after a snapshot and that the last one is scanned quickly at start.
    /// </summary>
    public long SegmentBytes
    {
        get;
        init => field = value is >= SegmentBytesMin and <= SegmentBytesMax && value % Sector.Size == 0
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(SegmentBytes), value, $"SegmentBytes must be a multiple of {Sector.Size} from {SegmentBytesMin} to {SegmentBytesMax}.");
    } = 64 << 20;

    private const long SegmentBytesMin = 4096;
    private const long SegmentBytesMax = 1L << 30;
}
