using System.Buffers;
using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Concord.Server.Hosting.Grpc;
using Google.Protobuf;
using static Concord.Server.Etcd.ProtoPairs;

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
internal sealed class RangeAnswerWriter : IAnswerWriter<RangeAnswer>
{
    private const byte HeaderTag = 1 << 3 | 2;
    private const byte PairTag = 2 << 3 | 2;
    private const byte MoreTag = 3 << 3;
    private const byte CountTag = 4 << 3;

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

    private static void WritePair(KeyVersion version, bool keysOnly, IBufferWriter<byte> output)
    {
        var size = PairSize(version, keysOnly);
        var span = output.GetSpan(FieldBytesMax + size);
        output.Advance(ProtoPairs.WritePair(span, 0, PairTag, version, keysOnly, size));
    }
}
