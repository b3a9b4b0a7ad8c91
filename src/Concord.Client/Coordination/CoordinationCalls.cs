using Concord.Client.Connection;
using Concord.Client.Kv;
using Concord.Client.Leases;
using Microsoft.Extensions.Logging;
using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Coordination;

/// <summary>What locks and elections are made of: keys, watches and leases, all of which etcd has too.</summary>
internal sealed class CoordinationCalls(FailoverInvoker invoker, KvClient kv, LeasesClient leases, ConcordClientOptions options)
{
    private readonly Etcd.KV.KVClient _calls = new(invoker);

    public KvClient Kv => kv;

    public LeasesClient Leases => leases;

    public ConcordClientOptions Options => options;

    public ILogger Log { get; } = options.LoggerFactory.CreateLogger("Concord.Client.Coordination");

    public async Task<Etcd.TxnResponse> TransactAsync(Etcd.TxnRequest request, CancellationToken cancellationToken) =>
        await _calls.TxnAsync(request, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);

    public async Task<Etcd.RangeResponse> RangeAsync(Etcd.RangeRequest request, CancellationToken cancellationToken) =>
        await _calls.RangeAsync(request, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);

    /// <summary>Makes a call that may be repeated until it goes through. To wait for a turn is to wait for a server too; the lease, or the
    /// caller's token, says for how long.</summary>
    public async Task<T> PatientAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                return await call().ConfigureAwait(false);
            }
            catch (ConcordException error) when (error.IsTransient)
            {
                ClientLog.CoordinationWaits(Log, error.Message);
                var wait = Backoff.Wait(failures, endpoints: 1, options.BackoffMin, options.BackoffMax);
                await Task.Delay(wait, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits until the key is deleted; returns at once if it was, after the revision.</summary>
    /// <param name="orChanged">A put ends the wait as well.</param>
    public async Task UntilGoneAsync(KvBytes key, long revision, bool orChanged, CancellationToken cancellationToken)
    {
        var watching = new WatchOptions { StartRevision = revision + 1, Changes = orChanged ? KvChangeKinds.All : KvChangeKinds.Deletes };
        await foreach (var news in kv.WatchAsync(KeyRange.Single(key), watching, cancellationToken).ConfigureAwait(false))
        {
            // After a new list the waiter looks for itself.
            if (news is KvWatchEvent.Changed or KvWatchEvent.Relisted)
                return;
        }
    }

    /// <summary>Waits until any key of the range is deleted after the revision.</summary>
    public async Task UntilAnyGoneAsync(KeyRange range, long revision, CancellationToken cancellationToken)
    {
        var watching = new WatchOptions { StartRevision = revision + 1, Changes = KvChangeKinds.Deletes };
        await foreach (var news in kv.WatchAsync(range, watching, cancellationToken).ConfigureAwait(false))
        {
            if (news is KvWatchEvent.Changed or KvWatchEvent.Relisted)
                return;
        }
    }
}
