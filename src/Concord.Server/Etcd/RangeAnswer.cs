using System.Buffers;
using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Concord.Server.Hosting.Grpc;
using Google.Protobuf;

namespace Concord.Server.Etcd;

/// <summary>What a range found, before it is a message.</summary>
internal readonly record struct RangeAnswer(RangeResult Result, bool KeysOnly, ResponseHeader Header)
{
    public RangeResponse ToMessage() => EtcdAnswers.ToAnswer(Result, KeysOnly, Header);
}

/// <summary>
/// Writes a <see cref="RangeResponse"/> from the versions themselves: no object for each pair, and one copy of the bytes. The
/// generated message is the measure; tests compare the two.
/// </summary>
/// <remarks>
/// Protocol Buffers, proto3: fields in the order of their numbers, those with their default value left out. All field numbers here
/// are below 16, so a tag is one byte.
/// </remarks>
internal sealed class RangeAnswerWriter : IAnswerWriter<RangeAnswer>
{
    private const byte HeaderTag = 1 << 3 | 2;
    private const byte PairTag = 2 << 3 | 2;
    private const byte MoreTag = 3 << 3;
    private const byte CountTag = 4 << 3;

    private const byte KeyTag = 1 << 3 | 2;
    private const byte CreateRevisionTag = 2 << 3;
    private const byte ModRevisionTag = 3 << 3;
    private const byte VersionTag = 4 << 3;
    private const byte ValueTag = 5 << 3 | 2;
    private const byte LeaseTag = 6 << 3;

    /// <summary>The most that tag and length take.</summary>
    private const int FieldBytesMax = 1 + 10;

    private RangeAnswerWriter()
    {
    }

    public static int Size(RangeAnswer answer)
    {
        var header = answer.Header.CalculateSize();
        var size = (long)1 + VarintSize((ulong)header) + header;
        var items = answer.Result.Items;
        for (var i = 0; i < items.Count; i++)
        {
            var pair = PairSize(items[i], answer.KeysOnly);
            size += 1 + VarintSize((ulong)pair) + pair;
        }

        size += answer.Result.More ? 2 : 0;
        size += NumberSize(answer.Result.Count);

        // A message is at most 2 GiB long; more than that is not one answer.
        return checked((int)size);
    }

    public static void Write(RangeAnswer answer, int size, IBufferWriter<byte> output)
    {
        var header = answer.Header.CalculateSize();
        var span = output.GetSpan(FieldBytesMax + header);
        span[0] = HeaderTag;
        var at = WriteVarint(span, 1, (ulong)header);
        answer.Header.WriteTo(span.Slice(at, header));
        output.Advance(at + header);

        var items = answer.Result.Items;
        for (var i = 0; i < items.Count; i++)
        {
            WritePair(items[i], answer.KeysOnly, output);
        }

        span = output.GetSpan(2 + FieldBytesMax);
        at = 0;
        if (answer.Result.More)
        {
            span[at++] = MoreTag;
            span[at++] = 1;
        }

        output.Advance(WriteNumber(span, at, CountTag, answer.Result.Count));
    }

    private static int PairSize(KeyVersion version, bool keysOnly) =>
        BytesSize(version.KeySpan.Length)
        + NumberSize(version.CreateRevision)
        + NumberSize(version.ModRevision)
        + NumberSize(version.Version)
        + (keysOnly ? 0 : BytesSize(version.ValueSpan.Length))
        + NumberSize(version.Lease.Value);

    private static void WritePair(KeyVersion version, bool keysOnly, IBufferWriter<byte> output)
    {
        var size = PairSize(version, keysOnly);
        var span = output.GetSpan(FieldBytesMax + size);
        span[0] = PairTag;
        var at = WriteVarint(span, 1, (ulong)size);
        at = WriteBytes(span, at, KeyTag, version.KeySpan);
        at = WriteNumber(span, at, CreateRevisionTag, version.CreateRevision);
        at = WriteNumber(span, at, ModRevisionTag, version.ModRevision);
        at = WriteNumber(span, at, VersionTag, version.Version);
        at = keysOnly ? at : WriteBytes(span, at, ValueTag, version.ValueSpan);
        output.Advance(WriteNumber(span, at, LeaseTag, version.Lease.Value));
    }

    private static int BytesSize(int length) => length == 0 ? 0 : 1 + VarintSize((ulong)length) + length;

    private static int NumberSize(long value) => value == 0 ? 0 : 1 + VarintSize((ulong)value);

    private static int VarintSize(ulong value) => (70 - System.Numerics.BitOperations.LeadingZeroCount(value | 1)) / 7;

    private static int WriteBytes(Span<byte> span, int at, byte tag, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return at;
        }

        span[at] = tag;
        at = WriteVarint(span, at + 1, (ulong)value.Length);
        value.CopyTo(span[at..]);
        return at + value.Length;
    }

    private static int WriteNumber(Span<byte> span, int at, byte tag, long value)
    {
        if (value == 0)
        {
            return at;
        }

        span[at] = tag;
        return WriteVarint(span, at + 1, (ulong)value);
    }

    private static int WriteVarint(Span<byte> span, int at, ulong value)
    {
        while (value >= 0x80)
        {
            span[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[at++] = (byte)value;
        return at;
    }
}
