using Concord.Client.Kv;
using Grpc.Core;
using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Leases;

/// <summary>Leases: keys that are attached to one live as long as somebody renews it.</summary>
/// <remarks>
/// Every call throws <see cref="ConcordServerException"/> when the server says no and <see cref="ConcordUnavailableException"/> when
/// no endpoint answers. That a lease does not exist is a result.
/// </remarks>
public sealed class LeasesClient
{
    /// <summary>etcd's limit of a time to live.</summary>
    private static readonly TimeSpan TtlMax = TimeSpan.FromSeconds(9_000_000_000);

    private readonly Etcd.Lease.LeaseClient _calls;
    private readonly LeaseStream _stream;

    internal LeasesClient(CallInvoker invoker, LeaseStream stream) => (_calls, _stream) = (new(invoker), stream);

    /// <summary>A new lease, renewed from now on until it is disposed, across lost connections and changes of the leader.</summary>
    /// <param name="ttl">
    /// How long it outlives its renewals, rounded up to whole seconds; servers raise what is below their minimum (2 s by default). Ten
    /// seconds and more ride out an election with ease. A lease may live longer than this, never shorter.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">Not positive, or above 9,000,000,000 s.</exception>
    public Task<KeptLease> GrantAsync(TimeSpan ttl, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ttl, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ttl, TtlMax);
        return _stream.GrantAsync((long)Math.Ceiling(ttl.TotalSeconds), cancellationToken);
    }

    /// <summary>What is left of a lease, and its keys if they are asked for; null if it does not exist (any more).</summary>
    public async Task<LeaseStatus?> GetAsync(long id, bool withKeys = false, CancellationToken cancellationToken = default)
    {
        var answer = await _calls.LeaseTimeToLiveAsync(new() { ID = id, Keys = withKeys }, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return answer.TTL < 0
            ? null
            : new(id, TimeSpan.FromSeconds(answer.TTL), TimeSpan.FromSeconds(answer.GrantedTTL), [.. answer.Keys.Select(KvBytes.From)]);
    }

    /// <summary>The ids of all leases that the member asked knows.</summary>
    public async Task<IReadOnlyList<long>> ListAsync(CancellationToken cancellationToken = default)
    {
        var answer = await _calls.LeaseLeasesAsync(new(), cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);
        return [.. answer.Leases.Select(lease => lease.ID)];
    }

    /// <summary>Ends any lease and deletes its keys; false if it did not exist (any more).</summary>
    public async Task<bool> RevokeAsync(long id, CancellationToken cancellationToken = default)
    {
        try
        {
            await _calls.LeaseRevokeAsync(new() { ID = id }, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);
            return true;
        }
        catch (ConcordServerException error) when (error.Status == StatusCode.NotFound)
        {
            return false;
        }
    }
}
