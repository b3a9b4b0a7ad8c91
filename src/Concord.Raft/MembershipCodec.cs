using System.Buffers;

namespace Concord.Raft;

/// <summary>
/// The bytes of a configuration in log entries, messages and snapshots: version, flags, then the four lists (count, ids in
/// rising order), then the host's context.
/// </summary>
public static class MembershipCodec
{
    /// <summary>More could not form a useful group; a bound for what a decoder allocates.</summary>
    public const int MaxMembers = 127;

    /// <summary>Names and addresses of a few members.</summary>
    public const int MaxContextBytes = 64 * 1024;

    private const byte Version = 1;

    public static byte[] Encode(Membership membership)
    {
        ArgumentNullException.ThrowIfNull(membership);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(membership.Context.Length, MaxContextBytes, nameof(membership));
        var output = new ArrayBufferWriter<byte>();
        var writer = new VarintWriter(output);
        Write(ref writer, membership);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Null if the bytes are not exactly one valid configuration.</summary>
    public static Membership? Decode(ReadOnlyMemory<byte> data)
    {
        var reader = new VarintReader(data);
        var membership = Read(ref reader);
        return reader.AtEnd ? membership : null;
    }

    internal static void Write(ref VarintWriter writer, Membership membership)
    {
        writer.Byte(Version);
        writer.Flag(membership.AutoLeave);
        WriteIds(ref writer, membership.Voters);
        WriteIds(ref writer, membership.OutgoingVoters);
        WriteIds(ref writer, membership.Learners);
        WriteIds(ref writer, membership.NextLearners);
        writer.Bytes(membership.Context.Span);
    }

    internal static Membership? Read(ref VarintReader reader)
    {
        bool known = reader.Byte() == Version;
        bool autoLeave = reader.Flag();
        var membership = new Membership(
            ReadIds(ref reader), ReadIds(ref reader), ReadIds(ref reader), ReadIds(ref reader), autoLeave)
        {
            // Copied, or a few bytes would keep the message that they came in.
            Context = reader.Bytes(MaxContextBytes).ToArray(),
        };
        return known && !reader.Failed && MembershipRules.Fault(membership) is null ? membership : null;
    }

    private static void WriteIds(ref VarintWriter writer, IReadOnlyList<MemberId> ids)
    {
        writer.Unsigned((ulong)ids.Count);
        for (int i = 0; i < ids.Count; i++)
        {
            writer.Member(ids[i]);
        }
    }

    private static MemberId[] ReadIds(ref VarintReader reader)
    {
        var ids = new MemberId[reader.Count(MaxMembers, minBytes: 1)];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = reader.Member();
        }

        return ids;
    }
}
