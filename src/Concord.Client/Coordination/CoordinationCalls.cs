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

    /// <summary>Waits for a change of the range after the revision; or for a list in the place of changes, and the waiter looks for itself.</summary>
    public async Task UntilChangedAsync(KeyRange range, KvChangeKinds changes, long revision, CancellationToken cancellationToken)
    {
        await foreach (var news in kv.WatchAsync(range, new() { StartRevision = revision + 1, Changes = changes }, cancellationToken).ConfigureAwait(false))
        {
            if (news is not KvWatchEvent.Interrupted)
                return;
        }
    }

    /// <summary>As <see cref="UntilChangedAsync"/>, for a change of any of the ranges.</summary>
    public async Task UntilAnyChangeAsync(IReadOnlyList<KeyRange> ranges, long revision, CancellationToken cancellationToken)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] waits = [.. ranges.Select(range => UntilChangedAsync(range, KvChangeKinds.All, revision, done.Token))];
        var first = await Task.WhenAny(waits).ConfigureAwait(false);
        await done.CancelAsync().ConfigureAwait(false);
        foreach (var wait in waits)
        {
            try
            {
                await wait.ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (wait != first)
            {
                // Another range has changed.
            }
        }
    }
}
