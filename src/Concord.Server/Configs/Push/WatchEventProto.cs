using Concord.Protocol.V1;
using Concord.Server.Configs.Rpc;
using Google.Protobuf;

namespace Concord.Server.Configs.Push;

/// <summary>Events as the gRPC stream carries them.</summary>
internal static class WatchEventProto
{
    public static byte[] Encode(WatchEvent next) => Message(next).ToByteArray();

    private static WatchConfigResponse Message(WatchEvent next) => next switch
    {
        WatchEvent.Full full => new() { Full = Messages.Effective(full.View) },
        WatchEvent.Delta delta => new() { Delta = Delta(delta) },
        WatchEvent.Heartbeat heartbeat => new() { Heartbeat = new() { Revision = heartbeat.Revision } },
        WatchEvent.Refusal refusal => new() { Refusal = new() { Error = Messages.Error(refusal.Error) } },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static WatchConfigResponse.Types.Delta Delta(WatchEvent.Delta delta) => new()
    {
        FromVersion = delta.FromVersion,
        Version = delta.View.Version,
        Release = delta.View.Release,
        Revision = delta.View.Revision,
        Set = { delta.Changes.Set.Select(Messages.Setting) },
        Removed = { delta.Changes.Removed },
        Problems = { delta.View.ProblemTexts() },
    };
}
