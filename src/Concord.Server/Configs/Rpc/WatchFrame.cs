using System.Buffers;
using Concord.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.Server.Configs.Rpc;

/// <summary>
/// A WatchConfigResponse that is encoded already: the subscription's number is the stream's own, the event behind it is
/// shared by all streams. One object per stream is used again for each message.
/// </summary>
internal sealed class WatchFrame
{
    private const byte SubscriptionTag = (WatchConfigResponse.SubscriptionFieldNumber << 3) | (int)WireFormat.WireType.Varint;

    public int Subscription { get; set; }

    public ReadOnlyMemory<byte> Event { get; set; }

    public static Marshaller<WatchFrame> Marshaller { get; } = new(
        static (frame, context) => frame.Write(context),
        static _ => throw new NotSupportedException("Frames are only written."));

    private void Write(SerializationContext context)
    {
        var numberBytes = Subscription == 0 ? 0 : 1 + CodedOutputStream.ComputeInt32Size(Subscription);
        context.SetPayloadLength(numberBytes + Event.Length);
        var output = context.GetBufferWriter();
        if (numberBytes > 0)
        {
            var span = output.GetSpan(numberBytes);
            span[0] = SubscriptionTag;

            // Negative numbers take ten bytes in a varint: they are sign-extended to 64 bits.
            var rest = unchecked((ulong)(long)Subscription);
            for (var i = 1; i < numberBytes; i++, rest >>= 7)
            {
                span[i] = (byte)((rest & 0x7f) | (i + 1 < numberBytes ? 0x80u : 0));
            }

            output.Advance(numberBytes);
        }

        output.Write(Event.Span);
        context.Complete();
    }
}
