using System.Runtime.CompilerServices;
using Concord.Client.Kv;
using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Coordination;

/// <summary>Elections: of all who campaign for a name one leads, and everybody can see who. The keys have etcd's layout.</summary>
/// <example>
/// <code>
/// await using var leadership = await client.Elections.CampaignAsync("scheduler", Environment.MachineName, cancellationToken: stop);
/// await LeadAsync(leadership.FencingToken, leadership.Lost);
/// </code>
/// </example>
public sealed class ElectionsClient
{
    private readonly TurnQueue _queue;

    internal ElectionsClient(TurnQueue queue) => _queue = queue;

    /// <summary>Waits to become the leader; in the order of the campaigns.</summary>
    /// <param name="value">What others see of the leader, such as its address.</param>
    /// <exception cref="OperationCanceledException">Given up; nothing is left behind.</exception>
    /// <exception cref="ConcordException">The server refuses, or the place in the queue was lost.</exception>
    /// <exception cref="TimeoutException"><see cref="LockOptions.Wait"/> is over.</exception>
    public async Task<Leadership> CampaignAsync(string name, KvBytes value, LockOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        var (entry, revision) = await _queue.WaitAsync(name, new QueueRule.Exclusive(value), options, cancellationToken).ConfigureAwait(false)
            ?? throw new TimeoutException($"{name} had another leader for {options.Wait}.");
        return new Leadership(_queue.Calls, name, entry, revision);
    }

    /// <summary>Who leads now; null if nobody does.</summary>
    public async Task<Leader?> GetLeaderAsync(string name, CancellationToken cancellationToken = default) =>
        (await LookAsync(name, cancellationToken).ConfigureAwait(false)).Leader;

    /// <summary>
    /// Who leads, now and from now on: each leader, each new value of it, and null for a time without one. Of changes in quick
    /// succession some may be left out, never the last.
    /// </summary>
    public async IAsyncEnumerable<Leader?> ObserveAsync(string name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Leader? last = null;
        for (var isFirst = true; ; isFirst = false)
        {
            var calls = _queue.Calls;
            var (leader, revision) = await calls.PatientAsync(() => LookAsync(name, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (isFirst || leader != last)
                yield return leader;
            last = leader;
            var range = leader is null ? KeyRange.Prefix($"{name}/") : KeyRange.Single(leader.Key);
            await calls.UntilChangedAsync(range, KvChangeKinds.All, revision, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(Leader? Leader, long Revision)> LookAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var range = KeyRange.Prefix($"{name}/");
        var answer = await _queue.Calls.RangeAsync(
            new()
            {
                Key = range.Start.ToByteString(),
                RangeEnd = range.End.ToByteString(),
                SortTarget = Etcd.RangeRequest.Types.SortTarget.Create,
                SortOrder = Etcd.RangeRequest.Types.SortOrder.Ascend,
                Limit = 1,
            },
            cancellationToken).ConfigureAwait(false);
        return (answer.Kvs is [var first, ..] ? new(KvBytes.From(first.Key), KvBytes.From(first.Value), first.CreateRevision) : null, answer.Header.Revision);
    }
}
