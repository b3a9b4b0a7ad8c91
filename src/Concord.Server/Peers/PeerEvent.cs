namespace Concord.Server.Peers;

/// <summary>What happens to the connection to another member.</summary>
internal enum PeerEvent
{
    Connected,

    /// <summary>What was sent last may not have arrived.</summary>
    ConnectionLost,

    /// <summary>The host is there and nobody listens: the process is gone.</summary>
    ConnectionRefused,

    /// <summary>It answers, but not to this member.</summary>
    Unreachable,

    /// <summary>Messages are dropped, because there is no connection or it is too slow.</summary>
    MessagesLost,

    /// <summary>The other member says that this one was removed from the cluster.</summary>
    Removed,
}
