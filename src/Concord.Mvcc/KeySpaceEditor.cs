using Concord.Mvcc.Auth;
using Concord.Mvcc.Tree;

namespace Concord.Mvcc;

/// <summary>
/// The working state of a key space and the two ways to change it. All changes between two <see cref="Commit"/>s carry
/// one revision.
/// </summary>
internal sealed class KeySpaceEditor(KeyTreeEditor tree, ChangeLog log, LeaseTable leases, long revision)
{
    private int _changes;

    public KeyTreeEditor Tree => tree;

    public ChangeLog Log => log;

    public LeaseTable Leases => leases;

    public long Revision { get; private set; } = revision;

    public long CompactedRevision { get; set; }

    public long SizeBytes { get; set; }

    public AuthState Auth { get; set; } = AuthState.Initial;

    public TrimHorizon Horizon { get; } = new();

    /// <summary>The state with the changes made so far; a transaction that has changed something reads at its own revision.</summary>
    public ReadState Current => new(tree.Current, _changes == 0 ? Revision : Revision + 1, CompactedRevision, Horizon);

    /// <summary>Gives the changes made since the last call their revision. Without changes there is no new revision.</summary>
    public void Commit()
    {
        if (_changes > 0)
        {
            Revision++;
            _changes = 0;
        }
    }

    /// <summary>Writes a pair; the lease exists, and so does the key if the put keeps its value or lease.</summary>
    /// <returns>The live version before, or null.</returns>
    public KeyVersion? Put(PutOperation put)
    {
        var key = put.Key.Span;
        var former = tree.Seek(key);
        var previous = former is { IsTombstone: false } ? former : null;
        if (previous is null && (put.IgnoreValue || put.IgnoreLease))
        {
            throw new InvalidOperationException("A put that keeps value or lease was let through for a key that does not exist.");
        }

        var revision = Revision + 1;
        var lease = put.IgnoreLease ? previous!.Lease : put.Lease;
        var value = put.IgnoreValue ? previous!.ValueSpan : put.Value.Span;
        var data = GC.AllocateUninitializedArray<byte>(key.Length + value.Length);
        key.CopyTo(data);
        value.CopyTo(data.AsSpan(key.Length));
        Add(new(
            data,
            key.Length,
            previous?.CreateRevision ?? revision,
            revision,
            _changes,
            (previous?.Version ?? 0) + 1,
            lease,
            former));
        leases.Move(key, previous?.Lease ?? LeaseId.None, lease);
        return previous;
    }

    /// <summary>Deletes every key of a range, in key order.</summary>
    /// <returns>The live versions before.</returns>
    public IReadOnlyList<KeyVersion> Delete(KeyRange range)
    {
        if (range.IsSingle)
        {
            return Current.Get(range.Start.Span) is { } single ? DeleteAll([single]) : [];
        }

        var found = new List<KeyVersion>();
        var cursor = new KeyTreeCursor(tree.Current, range);
        while (cursor.NextLive() is { } version)
        {
            found.Add(version);
        }

        return DeleteAll(found);
    }

    /// <summary>Ends a lease and deletes its keys.</summary>
    public void Revoke(LeaseId id)
    {
        foreach (var key in leases.Find(id)!.Keys)
        {
            var version = Current.Get(key) ?? throw new InvalidOperationException("A key that does not exist is attached to a lease.");
            DeleteAll([version]);
        }

        leases.Remove(id);
    }

    private IReadOnlyList<KeyVersion> DeleteAll(IReadOnlyList<KeyVersion> versions)
    {
        foreach (var version in versions)
        {
            tree.Seek(version.KeySpan);
            var key = version.KeySpan.ToArray();
            Add(new(key, key.Length, 0, Revision + 1, _changes, 0, LeaseId.None, version));
            leases.Move(key, version.Lease, LeaseId.None);
        }

        return versions;
    }

    private void Add(KeyVersion version)
    {
        tree.Put(version);
        log.Append(version);
        SizeBytes += version.SizeBytes;
        _changes++;
    }
}
