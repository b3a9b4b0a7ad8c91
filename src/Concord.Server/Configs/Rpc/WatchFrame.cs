using System.Buffers;
using System.Buffers.Binary;
using Concord.Protocol.V1;
using Concord.Server.Hosting.Grpc;
using Google.Protobuf;

namespace Concord.Server.Configs.Rpc;

/// <summary>
/// A WatchConfigResponse as it goes over the wire, gRPC's prefix and all: the subscription's number is the stream's own, the event
/// behind it was encoded once for all streams.
/// </summary>
internal static class WatchFrame
{
    private const byte SubscriptionTag = (WatchConfigResponse.SubscriptionFieldNumber << 3) | (int)WireFormat.WireType.Varint;

    public static void Write(IBufferWriter<byte> output, int subscription, ReadOnlySpan<byte> next)
    {
        var numberBytes = subscription == 0 ? 0 : 1 + CodedOutputStream.ComputeInt32Size(subscription);
        var head = output.GetSpan(LeanCall.PrefixBytes + numberBytes);
        head[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(head[1..], numberBytes + next.Length);
        if (numberBytes > 0)
        {
            WriteNumber(head.Slice(LeanCall.PrefixBytes, numberBytes), subscription);
        }

        output.Advance(LeanCall.PrefixBytes + numberBytes);
        output.Write(next);
    }

    private static void WriteNumber(Span<byte> field, int subscription)
    {
        field[0] = SubscriptionTag;

        // Negative numbers take ten bytes in a varint: they are sign-extended to 64 bits.
        var rest = unchecked((ulong)(long)subscription);
        for (var i = 1; i < field.Length; i++, rest >>= 7)
        {
            field[i] = (byte)((rest & 0x7f) | (i + 1 < field.Length ? 0x80u : 0));
        }
    }
}
