using Concord.Server.Peers;

namespace Concord.Server.Replica;

/// <summary>What the loop takes in one turn.</summary>
internal sealed class ReplicaTurn
{
    public List<ReplicaRequest> Requests { get; set; } = [];

    /// <summary>What other members sent.</summary>
    public List<PeerMessage> Messages { get; set; } = [];

    /// <summary>The newest write that is durable; 0 if none was reported.</summary>
    public ulong Persisted { get; set; }

    /// <summary>Rare things that want the loop's thread: the end of a snapshot, a message.</summary>
    public List<Action> Calls { get; set; } = [];

    public bool IsStopping { get; set; }
}

/// <summary>
/// Where callers, the log writer and other members leave what the loop has to take in. One lock for a few instructions, one
/// wake-up for everything that comes while the loop is busy. Bounded by the replica's limit of pending calls, and for messages
/// of other members by <paramref name="messageBytesMax"/>.
/// </summary>
internal sealed class ReplicaInbox(long messageBytesMax)
{
    private readonly object _lock = new();
    private List<ReplicaRequest> _requests = [];
    private List<Action> _calls = [];
    private List<PeerMessage> _messages = [];
    private long _messageBytes;
    private int _blockedReceivers;
    private ulong _persisted;
    private bool _isStopping;
    private bool _isWaiting;

    /// <summary>False once the loop is stopping: the request will not be looked at.</summary>
    public bool TryAdd(ReplicaRequest request)
    {
        lock (_lock)
        {
            if (_isStopping)
            {
                return false;
            }

            _requests.Add(request);
            Wake();
            return true;
        }
    }

    public void Persisted(ulong sequence)
    {
        lock (_lock)
        {
            _persisted = sequence;
            Wake();
        }
    }

    /// <summary>Messages of other members. Blocks while too much waits already, so that the network slows the sender down.</summary>
    public void Receive(List<PeerMessage> messages, long bytes)
    {
        lock (_lock)
        {
            while (_messageBytes > 0 && _messageBytes + bytes > messageBytesMax && !_isStopping)
            {
                _blockedReceivers++;
                Monitor.Wait(_lock);
                _blockedReceivers--;
            }

            _messages.AddRange(messages);
            _messageBytes += bytes;
            Wake();
        }
    }

    public void Call(Action call)
    {
        lock (_lock)
        {
            _calls.Add(call);
            Wake();
        }
    }

    public void Stop()
    {
        lock (_lock)
        {
            _isStopping = true;
            Wake();
        }
    }

    /// <summary>Takes everything that waits.</summary>
    /// <param name="patience">How long to wait for something to come; zero or less to go on at once.</param>
    public void Take(ReplicaTurn turn, TimeSpan patience)
    {
        turn.Requests.Clear();
        turn.Calls.Clear();
        turn.Messages.Clear();
        lock (_lock)
        {
            // Once is enough: a wake-up for nothing costs the loop an empty turn.
            if (patience > TimeSpan.Zero && _requests.Count == 0 && _calls.Count == 0 && _messages.Count == 0 && _persisted == 0 && !_isStopping)
            {
                _isWaiting = true;
                Monitor.Wait(_lock, patience);
                _isWaiting = false;
            }

            (turn.Requests, _requests) = (_requests, turn.Requests);
            (turn.Calls, _calls) = (_calls, turn.Calls);
            (turn.Messages, _messages) = (_messages, turn.Messages);
            _messageBytes = 0;
            if (_blockedReceivers > 0)
            {
                Monitor.PulseAll(_lock);
            }

            (turn.Persisted, _persisted) = (_persisted, 0);
            turn.IsStopping = _isStopping;
        }
    }

    private void Wake()
    {
        // All, if a receiver waits too: a single pulse could reach it instead of the loop.
        if (_isWaiting && _blockedReceivers == 0)
        {
            Monitor.Pulse(_lock);
        }
        else if (_isWaiting || _isStopping)
        {
            Monitor.PulseAll(_lock);
        }
    }
}
