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

    /// <summary>Rare things that want a turn of the loop: the end of a snapshot, a message.</summary>
    public List<Action> Calls { get; set; } = [];

    public bool IsStopping { get; set; }
}

/// <summary>
/// Where callers, the log writer and other members leave what the loop has to take in. One lock for a few instructions. Bounded
/// by the replica's limit of pending calls, and for messages of other members by <paramref name="messageBytesMax"/>.
/// </summary>
/// <remarks>Whoever leaves something has the loop look at it (<see cref="Helper"/>), mostly on its own thread.</remarks>
internal sealed class ReplicaInbox(long messageBytesMax)
{
    /// <summary>
    /// Commands that are left together while a flush is under way. They cannot be durable before the next one, and a turn for each
    /// would cost more than to apply it; a turn for this many still comes early enough to be written when that one begins.
    /// </summary>
    private const int Gathered = 16;

    private readonly object _lock = new();
    private List<ReplicaRequest> _requests = [];
    private List<Action> _calls = [];
    private List<PeerMessage> _messages = [];
    private long _messageBytes;
    private int _blockedReceivers;
    private ulong _persisted;
    private bool _isStopping;
    private bool _isWaiting;
    private bool _isNudged;
    private bool _isFlushing;

    /// <summary>Called after something was left, with no lock held; see <see cref="ReplicaLoop.Help"/>.</summary>
    public Action Helper { get; set; } = static () => { };

    /// <summary>
    /// Set while there is nobody to tell of a command before it is durable here: then commands wait for each other during a flush.
    /// </summary>
    public bool MayGather { get; set; }

    /// <summary>True if a turn would find something.</summary>
    public bool HasWork
    {
        get
        {
            lock (_lock)
            {
                return HasWorkNow;
            }
        }
    }

    private bool HasWorkNow => _requests.Count > 0 || _calls.Count > 0 || _messages.Count > 0 || _persisted != 0;

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
            if (_isFlushing && MayGather && request.Kind == RequestKind.Propose && _requests.Count % Gathered != 0)
            {
                // The flush ends with a turn, whoever makes it (Persisted).
                return true;
            }
        }

        Helper();
        return true;
    }

    /// <summary>The log writer begins a flush, and will report its end.</summary>
    public void FlushBegins()
    {
        lock (_lock)
        {
            _isFlushing = true;
        }
    }

    /// <param name="isBusy">The caller has more to write: it goes on with that, and the loop's thread is woken instead.</param>
    public void Persisted(ulong sequence, bool isBusy)
    {
        lock (_lock)
        {
            _persisted = sequence;
            _isFlushing = false;
            if (isBusy)
            {
                Wake();
                return;
            }
        }

        Helper();
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
        }

        Helper();
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

    /// <summary>Wakes the loop's thread although there may be nothing to take.</summary>
    public void Nudge()
    {
        lock (_lock)
        {
            _isNudged = true;
            Wake();
        }
    }

    /// <summary>Waits until there is something to take, for no longer than <paramref name="patience"/>.</summary>
    public void Wait(TimeSpan patience)
    {
        lock (_lock)
        {
            // Once is enough: a wake-up for nothing costs the loop an empty turn.
            if (patience > TimeSpan.Zero && !HasWorkNow && !_isNudged && !_isStopping)
            {
                _isWaiting = true;
                Monitor.Wait(_lock, patience);
                _isWaiting = false;
            }

            _isNudged = false;
        }
    }

    /// <summary>Takes everything that waits.</summary>
    public void Take(ReplicaTurn turn)
    {
        turn.Requests.Clear();
        turn.Calls.Clear();
        turn.Messages.Clear();
        lock (_lock)
        {
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
