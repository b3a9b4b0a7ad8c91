using System.Buffers;
using Google.Protobuf;

namespace Concord.Server.Hosting.Grpc;

/// <summary>Any generated message as an answer.</summary>
internal sealed class MessageWriter<TAnswer> : IAnswerWriter<TAnswer>
    where TAnswer : class, IMessage<TAnswer>
{
    private MessageWriter()
    {
    }

    public static int Size(TAnswer answer) => answer.CalculateSize();

    public static void Write(TAnswer answer, int size, IBufferWriter<byte> output) => answer.WriteTo(output);
}
