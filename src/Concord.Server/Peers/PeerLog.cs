namespace Concord.Server.Peers;

/// <summary>What the transport says, ids 1200 to 1299.</summary>
internal sealed partial class PeerLog(ILogger logger)
{
    [LoggerMessage(1200, LogLevel.Information, "Listening for other members on {Urls}")]
    public partial void Listening(string urls);

    [LoggerMessage(1201, LogLevel.Information, "Connected to member {Member} at {Url}")]
    public partial void Connected(string member, string url);

    [LoggerMessage(1202, LogLevel.Warning, "Cannot reach member {Member}: {Problem}. Trying again")]
    public partial void CannotReach(string member, string problem);

    [LoggerMessage(1203, LogLevel.Information, "Member {Member} ({Name}) connected from {Address}")]
    public partial void Accepted(string member, string name, string address);

    [LoggerMessage(1204, LogLevel.Warning, "Refused a connection from {Address}: {Reason}")]
    public partial void Refused(string address, string reason);

    [LoggerMessage(1205, LogLevel.Information, "The connection from member {Member} ended: {Reason}")]
    public partial void Ended(string member, string reason);

    [LoggerMessage(1206, LogLevel.Error, "The peer port cannot take connections: {Reason}. Trying again")]
    public partial void CannotAccept(string reason);

    [LoggerMessage(1210, LogLevel.Information, "Sending the snapshot at entry {Index} to member {Member}")]
    public partial void SnapshotSending(long index, string member);

    [LoggerMessage(1211, LogLevel.Information, "Member {Member} has the snapshot at entry {Index}: {Bytes} bytes in {Milliseconds} ms")]
    public partial void SnapshotSent(long index, string member, long bytes, long milliseconds);

    [LoggerMessage(1212, LogLevel.Warning, "The snapshot at entry {Index} did not reach member {Member}: {Reason}")]
    public partial void SnapshotNotSent(long index, string member, string reason);

    [LoggerMessage(1213, LogLevel.Information, "Receiving the snapshot at entry {Index} from member {Member}, from byte {Offset} on")]
    public partial void SnapshotReceiving(long index, string member, long offset);

    [LoggerMessage(1214, LogLevel.Information, "Received the snapshot at entry {Index} from member {Member}: {Bytes} bytes")]
    public partial void SnapshotReceived(long index, string member, long bytes);

    [LoggerMessage(1220, LogLevel.Warning, "Member {Member} says that this member has been permanently removed from the cluster")]
    public partial void Removed(string member);
}
