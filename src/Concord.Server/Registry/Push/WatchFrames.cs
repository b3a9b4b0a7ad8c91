using Concord.Protocol.V1;
using Concord.Server.Registry.Rpc;
using Concord.Server.Registry.Views;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.Server.Registry.Push;

/// <summary>Answers of Watch, encoded once for all who follow.</summary>
internal static class WatchFrames
{
    public static Marshaller<ReadOnlyMemory<byte>[]> Marshaller { get; } = new(
        static (frame, context) =>
        {
            context.SetPayloadLength(frame[0].Length);
            var output = context.GetBufferWriter();
            System.Buffers.BuffersExtensions.Write(output, frame[0].Span);
            context.Complete();
        },
        static _ => throw new NotSupportedException("Frames are only written."));

    public static ReadOnlyMemory<byte> Full(ResolvedInstances view) => new WatchServicesResponse { Full = RegistryMessages.Instances(view) }.ToByteArray();

    public static ReadOnlyMemory<byte> Delta(InstancesDelta delta) => new WatchServicesResponse { Delta = RegistryMessages.Delta(delta) }.ToByteArray();

    public static ReadOnlyMemory<byte> Heartbeat(long revision) => new WatchServicesResponse { Heartbeat = new() { Revision = revision } }.ToByteArray();
}
