using System.Collections.Immutable;

namespace Concord.Mvcc;

/// <summary>A lease with the keys that end with it, in key order.</summary>
internal sealed record Lease(long TtlSeconds, ImmutableSortedSet<byte[]> Keys)
{
    public static readonly ImmutableSortedSet<byte[]> NoKeys = ImmutableSortedSet.Create<byte[]>(KeyComparer.Instance);
}

/// <summary>The leases and what is attached to them; readers get immutable copies that share structure.</summary>
internal sealed class LeaseTable
{
    private readonly ImmutableSortedDictionary<LeaseId, Lease>.Builder _leases = ImmutableSortedDictionary.CreateBuilder<LeaseId, Lease>();

    public IReadOnlyDictionary<LeaseId, Lease> Entries => _leases;

    public ImmutableSortedDictionary<LeaseId, Lease> Freeze() => _leases.ToImmutable();

    public bool Contains(LeaseId id) => _leases.ContainsKey(id);

    public Lease? Find(LeaseId id) => _leases.GetValueOrDefault(id);

    public void Add(LeaseId id, long ttlSeconds) => _leases.Add(id, new(ttlSeconds, Lease.NoKeys));

    public void Add(LeaseId id, long ttlSeconds, IEnumerable<byte[]> keys) => _leases.Add(id, new(ttlSeconds, Lease.NoKeys.Union(keys)));

    public void Remove(LeaseId id) => _leases.Remove(id);

    /// <summary>Moves a key from the lease it was attached to, if any, to another one, if any.</summary>
    public void Move(ReadOnlySpan<byte> key, LeaseId from, LeaseId to)
    {
        if (from == to)
        {
            return;
        }

        var copy = key.ToArray();
        if (!from.IsNone && _leases.TryGetValue(from, out var former))
        {
            _leases[from] = former with { Keys = former.Keys.Remove(copy) };
        }

        if (!to.IsNone)
        {
            var lease = _leases[to];
            _leases[to] = lease with { Keys = lease.Keys.Add(copy) };
        }
    }
}
