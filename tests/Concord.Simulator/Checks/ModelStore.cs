using System.Text;
using Concord.Mvcc;

namespace Concord.Simulator.Checks;

/// <param name="Value">Null for a tombstone.</param>
internal readonly record struct ModelChange(long Revision, string Key, string? Value);

/// <summary>What a command must answer: the parts that the simulator's clients look at.</summary>
/// <param name="Succeeded">Of a transaction.</param>
/// <param name="Values">What its ranges read, "key=value" in order; null for another command.</param>
internal sealed record ModelResult(StoreError Error, long Revision, bool? Succeeded = null, IReadOnlyList<string>? Values = null, long Deleted = 0)
{
    public static ModelResult Of(CommandResult result) => result.Result switch
    {
        TransactionResult transaction => new(result.Error, result.Revision, transaction.Succeeded, [.. transaction.Results.OfType<RangeResult>().SelectMany(ValuesOf)]),
        DeleteResult delete => new(result.Error, result.Revision, Deleted: delete.Deleted),
        _ => new(result.Error, result.Revision),
    };

    public static IEnumerable<string> ValuesOf(RangeResult range) => range.Items.Select(item => $"{Text(item.KeySpan)}={Text(item.ValueSpan)}");

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public bool Equals(ModelResult? other) =>
        other is not null && Error == other.Error && Revision == other.Revision && Succeeded == other.Succeeded && Deleted == other.Deleted
        && (Values ?? []).SequenceEqual(other.Values ?? []);

    public override int GetHashCode() => Revision.GetHashCode();

    public override string ToString() =>
        $"{Error} revision {Revision}{(Succeeded is { } ok ? $" {(ok ? "succeeded" : "failed")} [{string.Join(' ', Values!)}]" : "")}{(Deleted > 0 ? $" deleted {Deleted}" : "")}";
}

/// <summary>
/// A second, naive key space that judges the real one: applies the committed log once, keeps every version for ever, and
/// knows only what the simulator's clients use. Nothing of it is shared with Concord.Mvcc but the commands.
/// </summary>
internal sealed class ModelStore
{
    private readonly SortedDictionary<string, List<Version>> _keys = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, SortedSet<string>> _leases = [];
    private readonly List<ModelChange> _changes = [];

    public long Revision { get; private set; } = 1;

    public long Compacted { get; private set; }

    /// <summary>All changes, in order.</summary>
    public IReadOnlyList<ModelChange> Changes => _changes;

    public IReadOnlyCollection<long> Leases => _leases.Keys;

    public bool HasLease(LeaseId lease) => _leases.ContainsKey(lease.Value);

    public ModelResult Apply(Command command)
    {
        switch (command)
        {
            case WriteCommand { Operation: TransactionOperation transaction }:
                return Run(transaction);
            case WriteCommand { Operation: PutOperation put }:
                if (!put.Lease.IsNone && !HasLease(put.Lease))
                    return new(StoreError.LeaseNotFound, Revision);
                Revision++;
                Put(put);
                return new(StoreError.None, Revision);
            case WriteCommand { Operation: DeleteOperation delete }:
                long deleted = Delete(delete.Range, Revision + 1);
                Revision += deleted > 0 ? 1 : 0;
                return new(StoreError.None, Revision, Deleted: deleted);
            case LeaseGrantCommand grant:
                return new(_leases.TryAdd(grant.Lease.Value, new(StringComparer.Ordinal)) ? StoreError.None : StoreError.LeaseExists, Revision);
            case LeaseRevokeCommand revoke:
                return new(Revoke(revoke.Lease.Value) ? StoreError.None : StoreError.LeaseNotFound, Revision);
            case LeaseExpireCommand expire:
                foreach (var lease in expire.Leases)
                    Revoke(lease.Value);
                return new(StoreError.None, Revision);
            case CompactCommand compact:
                var error = compact.Revision <= Compacted ? StoreError.Compacted : compact.Revision > Revision ? StoreError.FutureRevision : StoreError.None;
                Compacted = error == StoreError.None ? compact.Revision : Compacted;
                return new(error, Revision);
            default:
                throw new InvalidOperationException($"the model knows no {command.GetType().Name}");
        }
    }

    /// <summary>The pairs of a range as they were at a revision, "key=value" in key order.</summary>
    public IEnumerable<string> Read(KeyRange range, long revision)
    {
        foreach (string key in KeysOf(range))
        {
            if (At(key, revision) is { Value: { } value })
                yield return $"{key}={value}";
        }
    }

    /// <summary>Where in <see cref="Changes"/> a revision begins.</summary>
    public int Find(long revision)
    {
        int low = 0, high = _changes.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _changes[middle].Revision < revision ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private ModelResult Run(TransactionOperation transaction)
    {
        bool succeeded = transaction.Comparisons.All(Holds);
        var branch = succeeded ? transaction.Success : transaction.Failure;
        if (branch.OfType<PutOperation>().Any(put => !put.Lease.IsNone && !HasLease(put.Lease)))
            return new(StoreError.LeaseNotFound, Revision);
        bool changed = false;
        var values = new List<string>();
        foreach (var operation in branch)
        {
            switch (operation)
            {
                case PutOperation put:
                    Revision += changed ? 0 : 1;
                    changed = true;
                    Put(put);
                    break;
                case DeleteOperation delete:
                    long deleted = Delete(delete.Range, changed ? Revision : Revision + 1);
                    Revision += !changed && deleted > 0 ? 1 : 0;
                    changed |= deleted > 0;
                    break;
                case RangeOperation range:
                    values.AddRange(Read(range.Range, long.MaxValue));
                    break;
                default:
                    throw new InvalidOperationException($"the model knows no {operation.GetType().Name} in a transaction");
            }
        }

        return new(StoreError.None, Revision, succeeded, values);
    }

    private bool Holds(Comparison comparison)
    {
        var version = At(ModelResult.Text(comparison.Range.Start.Span), long.MaxValue);
        bool exists = version.Value is not null;
        int order = comparison.Target switch
        {
            ComparisonTarget.Value when !exists => 2,
            ComparisonTarget.Value => string.CompareOrdinal(version.Value, ModelResult.Text(comparison.Value.Span)),
            ComparisonTarget.ModRevision => (exists ? version.Revision : 0).CompareTo(comparison.Number),
            ComparisonTarget.CreateRevision => (exists ? version.Created : 0).CompareTo(comparison.Number),
            _ => throw new InvalidOperationException($"the model compares no {comparison.Target}"),
        };
        return comparison.Result == ComparisonResult.Equal ? order == 0
            : throw new InvalidOperationException("the model compares for equality only");
    }

    private void Put(PutOperation put)
    {
        string key = ModelResult.Text(put.Key.Span);
        var before = At(key, long.MaxValue);
        Write(key, new(Revision, before.Value is null ? Revision : before.Created, ModelResult.Text(put.Value.Span), put.Lease.Value));
        if (!put.Lease.IsNone)
            _leases[put.Lease.Value].Add(key);
    }

    private long Delete(KeyRange range, long revision)
    {
        string[] keys = [.. KeysOf(range).Where(key => At(key, long.MaxValue).Value is not null)];
        foreach (string key in keys)
            Write(key, new(revision, 0, null, 0));
        return keys.Length;
    }

    private bool Revoke(long lease)
    {
        if (!_leases.Remove(lease, out var keys))
            return false;
        Revision += keys.Count > 0 ? 1 : 0;
        foreach (string key in keys)
            Write(key, new(Revision, 0, null, 0));
        return true;
    }

    private void Write(string key, Version version)
    {
        if (!_keys.TryGetValue(key, out var versions))
            _keys.Add(key, versions = []);
        if (versions.Count > 0 && versions[^1].Lease != 0 && _leases.TryGetValue(versions[^1].Lease, out var attached))
            attached.Remove(key);
        versions.Add(version);
        _changes.Add(new(version.Revision, key, version.Value));
    }

    private Version At(string key, long revision)
    {
        if (_keys.TryGetValue(key, out var versions))
        {
            for (int i = versions.Count - 1; i >= 0; i--)
            {
                if (versions[i].Revision <= revision)
                    return versions[i];
            }
        }

        return default;
    }

    private IEnumerable<string> KeysOf(KeyRange range) => range.IsSingle
        ? [ModelResult.Text(range.Start.Span)]
        : _keys.Keys.Where(key => range.Contains(Encoding.Latin1.GetBytes(key)));

    private readonly record struct Version(long Revision, long Created, string? Value, long Lease);
}
