using System.Buffers.Binary;
using Concord.Protocol.V1;
using Concord.Server.Hosting.Grpc;
using Concord.Server.Registry.Rpc;
using Concord.Server.Registry.Views;
using Google.Protobuf;

namespace Concord.Server.Registry.Push;

/// <summary>Answers of Watch as they go over the wire, gRPC's prefix and all: encoded once for all who follow.</summary>
internal static class WatchFrames
{
    public static ReadOnlyMemory<byte> Full(ResolvedInstances view) => Framed(new() { Full = RegistryMessages.Instances(view) });

    public static ReadOnlyMemory<byte> Delta(InstancesDelta delta) => Framed(new() { Delta = RegistryMessages.Delta(delta) });

    public static ReadOnlyMemory<byte> Heartbeat(long revision) => Framed(new() { Heartbeat = new() { Revision = revision } });

    private static byte[] Framed(WatchServicesResponse message)
    {
        var size = message.CalculateSize();
        var frame = new byte[LeanCall.PrefixBytes + size];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), size);
        message.WriteTo(frame.AsSpan(LeanCall.PrefixBytes));
        return frame;
    }
}
