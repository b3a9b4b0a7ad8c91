using System.Buffers.Binary;
using System.Text;
using Concord.Raft;

namespace Concord.Node;

/// <summary>What people and clients need to know of a member. The group agrees on it, but not by it.</summary>
/// <param name="Name">For people; empty until the member has started for the first time.</param>
/// <param name="PeerUrls">Where the other members reach it.</param>
/// <param name="ClientUrls">Where clients reach it; empty until it has started for the first time.</param>
/// <param name="BecomesVoter">
/// A learner that the leader gives a vote as soon as it has caught up. A voter that is added so does not count before it can
/// vote, and a group of one does not wait for a member that is not started yet.
/// </param>
/// <param name="Replaces">The voter that leaves in the same step in which this one gets its vote; none for nobody.</param>
public sealed record MemberInfo(
    string Name, IReadOnlyList<string> PeerUrls, IReadOnlyList<string> ClientUrls, bool BecomesVoter = false, MemberId Replaces = default)
{
    /// <summary>A member that was never heard of.</summary>
    public static MemberInfo Unknown { get; } = new("", [], []);

    /// <summary>It has run and told where it is, so it has made promises that only its own data directory remembers.</summary>
    public bool HasStarted => ClientUrls.Count > 0;

    public bool Equals(MemberInfo? other) =>
        other is not null && Name == other.Name && BecomesVoter == other.BecomesVoter && Replaces == other.Replaces
        && PeerUrls.SequenceEqual(other.PeerUrls) && ClientUrls.SequenceEqual(other.ClientUrls);

    public override int GetHashCode() => PeerUrls.Count + ClientUrls.Count;
}

/// <summary>
/// Names and addresses of the members, by id. It is the context of the group's configuration (<see cref="Membership.Context"/>),
/// so log and snapshot hold it together with who votes, and there is no second source of truth. Immutable.
/// </summary>
/// <remarks>
/// Bytes, little-endian: u8 version, u16 count, then for each member in rising order u64 id, name, u8 count and peer URLs,
/// u8 count and client URLs, u8 1 if it becomes a voter, u64 id of the one that it replaces; a text is u16 length and UTF-8.
/// Since version 3 u16 count and the u64 ids of those that were removed follow, the one removed longest ago first.
/// </remarks>
public sealed class MemberDirectory
{
    /// <summary>URLs of one member: one per network that it is reached by, and then some.</summary>
    public const int UrlsMax = 16;

    /// <summary>Of a name or URL, in bytes. With <see cref="UrlsMax"/> a few members fit in a context, whatever they say.</summary>
    public const int TextBytesMax = 256;

    /// <summary>
    /// Removed members that are remembered. A process that was removed so many changes ago and still runs finds nobody who
    /// says so, but nobody counts it either; and every entry that changes a member carries the list, 2 KiB at most.
    /// </summary>
    public const int RemovedMax = 256;

    private const byte Version = 3;

    private readonly SortedDictionary<MemberId, MemberInfo> _members;

    private MemberDirectory(SortedDictionary<MemberId, MemberInfo> members, IReadOnlyList<MemberId> removed)
    {
        _members = members;
        Removed = removed;
    }

    public static MemberDirectory Empty { get; } = new([], []);

    /// <summary>
    /// Members that left for good, the newest last: whoever restarts still knows them, and refuses and tells them. Their numbers
    /// are not used again.
    /// </summary>
    public IReadOnlyList<MemberId> Removed { get; }

    public IEnumerable<KeyValuePair<MemberId, MemberInfo>> Members => _members;

    public MemberInfo this[MemberId member] => _members.GetValueOrDefault(member) ?? MemberInfo.Unknown;

    /// <exception cref="NodeInvariantException">The bytes are not a directory: another program wrote them.</exception>
    public static MemberDirectory Of(Membership membership)
    {
        ArgumentNullException.ThrowIfNull(membership);
        if (membership.Context.IsEmpty)
        {
            return Empty;
        }

        var rest = membership.Context.Span;
        try
        {
            return Read(ref rest) is { } directory && rest.IsEmpty ? directory : throw Unreadable(null);
        }
        catch (ArgumentException error)
        {
            throw Unreadable(error);
        }
    }

    public MemberDirectory With(MemberId member, MemberInfo info) => new(new(_members) { [member] = info }, Removed);

    /// <summary>Beyond <see cref="RemovedMax"/> those that were removed longest ago are forgotten.</summary>
    public MemberDirectory WithRemoved(IEnumerable<MemberId> members) => new(_members, [.. Removed.Union(members).TakeLast(RemovedMax)]);

    /// <summary>Only the members of a configuration.</summary>
    public MemberDirectory Within(Membership membership)
    {
        ArgumentNullException.ThrowIfNull(membership);
        var kept = new SortedDictionary<MemberId, MemberInfo>();
        foreach (var (member, info) in _members)
        {
            if (membership.Voters.Contains(member) || membership.OutgoingVoters.Contains(member) || membership.Learners.Contains(member))
            {
                kept.Add(member, info);
            }
        }

        return new(kept, Removed);
    }

    /// <summary>What is wrong with a member's facts, and the remedy; null if nothing is.</summary>
    public static string? Fault(MemberInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        if (info.PeerUrls.Count > UrlsMax || info.ClientUrls.Count > UrlsMax)
        {
            return $"a member may have at most {UrlsMax} URLs of a kind";
        }

        return info.PeerUrls.Concat(info.ClientUrls).Append(info.Name).FirstOrDefault(text => Encoding.UTF8.GetByteCount(text) > TextBytesMax) is { } text
            ? $"'{text}' is longer than {TextBytesMax} bytes"
            : null;
    }

    /// <exception cref="ArgumentException">A text is too long; see <see cref="Fault"/>.</exception>
    public byte[] Encode()
    {
        var bytes = new List<byte> { Version };
        WriteNumber(bytes, (ushort)_members.Count);
        Span<byte> id = stackalloc byte[sizeof(ulong)];
        foreach (var (member, info) in _members)
        {
            if (Fault(info) is { } fault)
            {
                throw new ArgumentException(fault);
            }

            BinaryPrimitives.WriteUInt64LittleEndian(id, member.Value);
            bytes.AddRange(id);
            WriteText(bytes, info.Name);
            WriteTexts(bytes, info.PeerUrls);
            WriteTexts(bytes, info.ClientUrls);
            bytes.Add(info.BecomesVoter ? (byte)1 : (byte)0);
            BinaryPrimitives.WriteUInt64LittleEndian(id, info.Replaces.Value);
            bytes.AddRange(id);
        }

        WriteNumber(bytes, (ushort)Removed.Count);
        foreach (var member in Removed)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(id, member.Value);
            bytes.AddRange(id);
        }

        return [.. bytes];
    }

    private static MemberDirectory? Read(ref ReadOnlySpan<byte> rest)
    {
        var version = Take(ref rest, 1)[0];
        if (version is not (2 or Version))
        {
            return null;
        }

        var members = new SortedDictionary<MemberId, MemberInfo>();
        for (var left = BinaryPrimitives.ReadUInt16LittleEndian(Take(ref rest, sizeof(ushort))); left > 0; left--)
        {
            var id = ReadId(ref rest);
            members.Add(id, new(ReadText(ref rest), ReadTexts(ref rest), ReadTexts(ref rest), Take(ref rest, 1)[0] == 1, ReadId(ref rest)));
        }

        var removed = new MemberId[version == 2 ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(Take(ref rest, sizeof(ushort)))];
        for (var i = 0; i < removed.Length; i++)
        {
            removed[i] = ReadId(ref rest);
        }

        return new(members, removed);
    }

    private static MemberId ReadId(ref ReadOnlySpan<byte> rest) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(Take(ref rest, sizeof(ulong))));

    private static string[] ReadTexts(ref ReadOnlySpan<byte> rest)
    {
        var texts = new string[Take(ref rest, 1)[0]];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = ReadText(ref rest);
        }

        return texts;
    }

    private static string ReadText(ref ReadOnlySpan<byte> rest)
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(Take(ref rest, sizeof(ushort)));
        return Encoding.UTF8.GetString(Take(ref rest, length));
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int count)
    {
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    private static void WriteNumber(List<byte> bytes, ushort value)
    {
        bytes.Add((byte)value);
        bytes.Add((byte)(value >> 8));
    }

    private static void WriteTexts(List<byte> bytes, IReadOnlyList<string> texts)
    {
        bytes.Add((byte)texts.Count);
        foreach (var text in texts)
        {
            WriteText(bytes, text);
        }
    }

    private static void WriteText(List<byte> bytes, string text)
    {
        var encoded = Encoding.UTF8.GetBytes(text);
        WriteNumber(bytes, (ushort)encoded.Length);
        bytes.AddRange(encoded);
    }

    private static NodeInvariantException Unreadable(Exception? inner) =>
        new("the names and addresses of the members cannot be read; a newer version may have written them", inner);
}
