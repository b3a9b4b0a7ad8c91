using System.Diagnostics;
using System.Diagnostics.Metrics;
using Concord.Raft;

namespace Concord.Server.Peers;

/// <summary>
/// What went to and came from one other member since this process started, whatever became of the connections. Written by the
/// connections' threads, read by those who look.
/// </summary>
internal sealed class PeerTraffic(MemberId member, Histogram<double> roundTrip)
{
    private readonly KeyValuePair<string, object?> _to = new("To", member.ToString());
    private long _sentBytes;
    private long _receivedBytes;
    private long _sendFailures;
    private long _receiveFailures;
    private long _disconnects;
    private long _heartbeatSent;

    public MemberId Member => member;

    public long SentBytes => Volatile.Read(ref _sentBytes);

    public long ReceivedBytes => Volatile.Read(ref _receivedBytes);

    /// <summary>Messages that were dropped: no connection, or a full queue.</summary>
    public long SendFailures => Volatile.Read(ref _sendFailures);

    /// <summary>Connections from the member that ended while this process went on.</summary>
    public long ReceiveFailures => Volatile.Read(ref _receiveFailures);

    /// <summary>Connections to the member that broke.</summary>
    public long Disconnects => Volatile.Read(ref _disconnects);

    public void Sent(int bytes) => Interlocked.Add(ref _sentBytes, bytes);

    public void SendFailed() => Interlocked.Increment(ref _sendFailures);

    public void ReceiveFailed() => Interlocked.Increment(ref _receiveFailures);

    /// <summary>What was under way is lost, so no answer to it may be taken for one.</summary>
    public void Disconnected()
    {
        Interlocked.Increment(ref _disconnects);
        Volatile.Write(ref _heartbeatSent, 0);
    }

    /// <summary>A heartbeat is on its way. The oldest without an answer is the one that is timed.</summary>
    public void HeartbeatSent()
    {
        if (Volatile.Read(ref _heartbeatSent) == 0)
        {
            Volatile.Write(ref _heartbeatSent, Stopwatch.GetTimestamp());
        }
    }

    public void Received(List<PeerMessage> messages, long bytes)
    {
        Interlocked.Add(ref _receivedBytes, bytes);
        if (Volatile.Read(ref _heartbeatSent) == 0)
        {
            return;
        }

        foreach (var message in messages)
        {
            if (message is PeerMessage.Raft { Message: RaftMessage.HeartbeatResponse } && Interlocked.Exchange(ref _heartbeatSent, 0) is not 0 and var sent)
            {
                roundTrip.Record(Stopwatch.GetElapsedTime(sent).TotalSeconds, _to);
                return;
            }
        }
    }
}
