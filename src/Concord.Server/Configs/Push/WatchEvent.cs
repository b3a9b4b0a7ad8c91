using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Push;

/// <summary>
/// One message to watchers of a view. Made once per pair of versions and shared by all subscribers, with its encoded
/// forms: the bytes are made when the first subscriber of that kind needs them.
/// </summary>
internal abstract class WatchEvent
{
    private byte[]? _proto;
    private byte[]? _text;

    /// <summary>The <c>event</c> field of a WatchConfigResponse, with its tag, without the subscription's number.</summary>
    public ReadOnlyMemory<byte> Proto => _proto ??= WatchEventProto.Encode(this);

    /// <summary>The whole server-sent event.</summary>
    public ReadOnlyMemory<byte> ServerSent => _text ??= WatchEventText.Encode(this);

    public sealed class Full(ResolvedView view) : WatchEvent
    {
        public ResolvedView View => view;
    }

    public sealed class Delta(string fromVersion, ResolvedView view, ViewDelta changes) : WatchEvent
    {
        public string FromVersion => fromVersion;

        public ResolvedView View => view;

        public ViewDelta Changes => changes;
    }

    /// <param name="revision">Up to this revision of the store, the view is what was sent last.</param>
    public sealed class Heartbeat(long revision) : WatchEvent
    {
        public long Revision => revision;
    }

    public sealed class Refusal(Model.ConfigError error) : WatchEvent
    {
        public Model.ConfigError Error => error;
    }
}
