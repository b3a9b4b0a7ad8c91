using Concord.Client.Kv;

namespace Concord.Client.Coordination;

/// <summary>Waits for turns.</summary>
internal sealed class TurnQueue(CoordinationCalls calls)
{
    public CoordinationCalls Calls => calls;

    /// <summary>The place that has its turn, and the revision at which it had; null if <see cref="LockOptions.Wait"/> was over before. A wait that ends
    /// without the turn leaves nothing behind.</summary>
    public async Task<(QueueEntry Entry, long Revision)?> WaitAsync(string name, QueueRule rule, LockOptions options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        options.Validate();
        using var patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, calls.Options.TimeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);

        // Of a wait of no time one look is left, which takes what calls take.
        if (options.Wait > TimeSpan.Zero)
            patience.CancelAfter(options.Wait.Value);
        QueueEntry? entry = null;
        try
        {
            entry = await QueueEntry.JoinAsync(calls, name, rule.Waiting, options.Ttl, stop.Token).ConfigureAwait(false);
            var revision = await TurnAsync(entry, name, rule, once: options.Wait == TimeSpan.Zero, stop.Token).ConfigureAwait(false);
            if (revision is { } at)
                return (entry, at);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Waited long enough.
        }
        catch
        {
            await LeaveAsync(entry).ConfigureAwait(false);
            throw;
        }

        await LeaveAsync(entry).ConfigureAwait(false);
        return null;
    }

    private async Task<long?> TurnAsync(QueueEntry entry, string name, QueueRule rule, bool once, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, entry.Lease.Lost);
        return await LostTurn.TranslateAsync(entry.Lease, () => TurnAsync(entry, name, rule, once, stop), cancellationToken).ConfigureAwait(false);
    }

    private async Task<long?> TurnAsync(QueueEntry entry, string name, QueueRule rule, bool once, CancellationTokenSource stop)
    {
        while (true)
        {
            var (before, revision) = await entry.LookAsync(name, rule.Sight, stop.Token).ConfigureAwait(false);
            if (rule.Judge(name, before) is not { } wait)
            {
                await MarkAsync(entry, rule, stop.Token).ConfigureAwait(false);
                return revision;
            }

            if (once)
                return null;
            await calls.UntilChangedAsync(wait.Range, wait.OrChanged ? KvChangeKinds.All : KvChangeKinds.Deletes, revision, stop.Token).ConfigureAwait(false);
        }
    }

    private async Task MarkAsync(QueueEntry entry, QueueRule rule, CancellationToken cancellationToken)
    {
        if (rule.Holding == rule.Waiting)
            return;
        var marked = await calls.PatientAsync(
            () => calls.Kv.Transaction()
                .When(KvCondition.CreateRevision(entry.Key, Comparison.Equal, entry.CreateRevision))
                .Then(KvOperation.Put(entry.Key, rule.Holding, new() { Lease = entry.Lease.Id }))
                .CommitAsync(cancellationToken),
            cancellationToken).ConfigureAwait(false);
        if (!marked.Succeeded)
            throw LostTurn.Gone(entry.Key);
    }

    private static ValueTask LeaveAsync(QueueEntry? entry) => entry?.DisposeAsync() ?? ValueTask.CompletedTask;
}
