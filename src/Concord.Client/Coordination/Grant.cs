using Concord.Client.Kv;
using Concord.Client.Leases;

namespace Concord.Client.Coordination;

/// <summary>A turn: a lock, a permit or a leadership that is held until it is disposed or lost. Thread-safe.</summary>
public abstract class Grant : IAsyncDisposable
{
    private readonly QueueEntry _entry;
    private readonly CancellationTokenSource _lost;
    private readonly CancellationTokenSource _watching = new();
    private readonly Task _watch;
    private int _disposing;

    private protected Grant(CoordinationCalls calls, string name, QueueEntry entry, long revision)
    {
        (Calls, Name, _entry) = (calls, name, entry);
        _lost = CancellationTokenSource.CreateLinkedTokenSource(entry.Lease.Lost);
        Lost = _lost.Token;
        _watch = WatchAsync(revision);
    }

    /// <summary>What it was asked for by.</summary>
    public string Name { get; }

    /// <summary>The key that stands for it: the name, a slash, the lease in hex. It exists as long as the grant is held.</summary>
    public KvBytes Key => _entry.Key;

    /// <summary>
    /// A number that is larger for every later holder: the revision that created <see cref="Key"/>. Send it along with every write to what
    /// is guarded, and let that refuse a smaller one than it has seen; or, for keys of this store, add
    /// <see cref="StillHeld"/> to the transaction.
    /// </summary>
    public long FencingToken => _entry.CreateRevision;

    /// <summary>
    /// Fires before anybody else can get the turn because no renewal got through: see <see cref="KeptLease.Lost"/>. Also as soon as it
    /// is known that somebody deleted <see cref="Key"/> or revoked its lease, and when the grant is disposed. Whatever needs the
    /// turn takes this token.
    /// </summary>
    public CancellationToken Lost { get; }

    /// <summary>How long the turn is certain from now on, unless a renewal gets through.</summary>
    public TimeSpan Remaining => Lost.IsCancellationRequested ? TimeSpan.Zero : _entry.Lease.Remaining;

    /// <summary>How long the turn lasts at least after <see cref="Lost"/> has fired for want of renewals: the time to stop in.</summary>
    public TimeSpan Margin => LeaseTerm.Margin(_entry.Lease.Ttl);

    /// <summary>Why it was lost; null before, and when it was disposed.</summary>
    public ConcordException? LostReason { get => _entry.Lease.LostReason ?? field; private set; }

    /// <summary>The condition that makes a transaction happen only while the turn is held: fencing within the store.</summary>
    public KvCondition StillHeld => KvCondition.CreateRevision(Key, Comparison.Equal, FencingToken);

    internal CoordinationCalls Calls { get; }

    internal long LeaseId => _entry.Lease.Id;

    /// <summary>Fires <see cref="Lost"/>, then gives the turn to the next.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposing, 1) == 0)
            await _watching.CancelAsync().ConfigureAwait(false);
        await _watch.ConfigureAwait(false);
        await _entry.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Sees to it that a key that somebody deletes does not go unnoticed. Never throws.</summary>
    private async Task WatchAsync(long revision)
    {
        try
        {
            KeyValue? pair;
            do
            {
                await Calls.UntilChangedAsync(KeyRange.Single(Key), KvChangeKinds.Deletes, revision, _watching.Token).ConfigureAwait(false);

                // Either it is deleted, or history is compacted and a look tells.
                pair = await Calls.PatientAsync(() => Calls.Kv.GetAsync(Key, cancellationToken: _watching.Token), _watching.Token).ConfigureAwait(false);
                revision = pair?.ModRevision ?? revision;
            }
            while (pair?.CreateRevision == FencingToken);
            LostReason = LostTurn.Gone(Key);
            await _lost.CancelAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_watching.IsCancellationRequested)
        {
            // Disposed.
        }
        catch (ObjectDisposedException)
        {
            // The client is; its leases are revoked and have told.
        }
        catch (AggregateException error)
        {
            ClientLog.GrantHandlerFailed(Calls.Log, error, Name);
        }
        catch (ConcordException error)
        {
            // Watching one's own key may not be allowed; the lease says what matters most.
            ClientLog.GrantNotWatched(Calls.Log, Name, error.Message);
        }
    }
}
