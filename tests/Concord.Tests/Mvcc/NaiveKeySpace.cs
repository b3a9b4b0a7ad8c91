using Concord.Mvcc;

namespace Concord.Tests.Mvcc;

/// <summary>
/// The key space again, as simple as it can be: a list of all changes, read from the front every time. It judges the
/// real one. Answers are texts (see <see cref="Text"/>).
/// </summary>
internal sealed class NaiveKeySpace
{
    private readonly List<Change> _changes = [];
    private readonly SortedDictionary<long, long> _leases = [];

    public long Revision { get; private set; } = 1;

    public long CompactedRevision { get; private set; }

    private sealed record Change(byte[] Key, byte[] Value, long Create, long Mod, int Sub, long Version, LeaseId Lease)
    {
        public override string ToString() => Text.Pair(Key, Value, Create, Mod, Sub, Version, Lease);
    }

    private sealed class Refused(StoreError error) : Exception
    {
        public StoreError Error { get; } = error;
    }

    public NaiveKeySpace Copy()
    {
        var copy = new NaiveKeySpace { Revision = Revision, CompactedRevision = CompactedRevision };
        copy._changes.AddRange(_changes);
        foreach (var (lease, ttl) in _leases)
        {
            copy._leases.Add(lease, ttl);
        }

        return copy;
    }

    public string Apply(Command command)
    {
        var before = Copy();
        try
        {
            return $"None @{{0}} {Run(command)}".Replace("{0}", $"{Revision}", StringComparison.Ordinal);
        }
        catch (Refused refused)
        {
            // Nothing may have changed.
            _changes.Clear();
            _changes.AddRange(before._changes);
            Revision = before.Revision;
            return $"{refused.Error} @{Revision} -";
        }
    }

    public string Range(RangeOperation range)
    {
        try
        {
            return $"None {Read(range)}";
        }
        catch (Refused refused)
        {
            return $"{refused.Error} -";
        }
    }

    public string Get(byte[] key) => $"{Live(key, Revision)?.ToString() ?? "none"}";

    public string ReadTransaction(TransactionOperation transaction)
    {
        try
        {
            return $"None @{Revision} {ExecuteWhole(transaction, this, [])}";
        }
        catch (Refused refused)
        {
            return $"{refused.Error} @{Revision} -";
        }
    }

    public string Changes(KeyRange range, long from, int max)
    {
        if (from < CompactedRevision)
        {
            return "0: ";
        }

        var found = new List<string>();
        foreach (var revision in _changes.Where(change => change.Mod >= from).GroupBy(change => change.Mod))
        {
            if (found.Count >= max)
            {
                return $"{revision.Key}: {string.Join(", ", found)}";
            }

            found.AddRange(revision.Where(change => range.Contains(change.Key)).Select(Describe));
        }

        return $"{Math.Max(from, Revision + 1)}: {string.Join(", ", found)}";
    }

    public string Leases() => string.Join(
        ", ",
        _leases.Select(lease => $"{lease.Key}/{lease.Value}[{string.Join(" ", Attached(lease.Key).Select(change => Text.Of(change.Key)))}]"));

    private string Describe(Change change)
    {
        var index = _changes.IndexOf(change);
        var previous = _changes.Take(index).LastOrDefault(earlier => earlier.Key.AsSpan().SequenceEqual(change.Key));
        var visible = change.Mod > CompactedRevision && previous is { Version: > 0 };
        return $"{change} before {(visible ? previous!.ToString() : "none")}";
    }

    private string Run(Command command)
    {
        switch (command)
        {
            case WriteCommand write:
                var changes = new List<Change>();
                var result = ExecuteWhole(write.Operation, Copy(), changes);
                Revision += changes.Count > 0 ? 1 : 0;
                return result;
            case CompactCommand compact:
                CompactedRevision = compact.Revision <= CompactedRevision ? throw new Refused(StoreError.Compacted)
                    : compact.Revision > Revision ? throw new Refused(StoreError.FutureRevision)
                    : compact.Revision;
                return "-";
            case LeaseGrantCommand grant:
                return _leases.TryAdd(grant.Lease.Value, grant.TtlSeconds) ? "-" : throw new Refused(StoreError.LeaseExists);
            case LeaseRevokeCommand revoke:
                return Revoke(revoke.Lease) ? "-" : throw new Refused(StoreError.LeaseNotFound);
            case LeaseExpireCommand expire:
                foreach (var lease in expire.Leases)
                {
                    Revoke(lease);
                }

                return "-";
            default:
                throw new ArgumentOutOfRangeException(nameof(command));
        }
    }

    private bool Revoke(LeaseId lease)
    {
        if (!_leases.ContainsKey(lease.Value))
        {
            return false;
        }

        var changes = new List<Change>();
        foreach (var change in Attached(lease.Value))
        {
            Delete(change, changes);
        }

        Revision += changes.Count > 0 ? 1 : 0;
        _leases.Remove(lease.Value);
        return true;
    }

    private List<Change> Attached(long lease) => [.. State(Revision).Where(change => change.Lease.Value == lease)];

    private string ExecuteWhole(Operation operation, NaiveKeySpace before, List<Change> changes)
    {
        var late = new List<Refused>();
        var result = Execute(operation, operation, before, changes, late);
        return late.Count == 0 ? result : throw late[0];
    }

    /// <summary>Runs an operation; <paramref name="before"/> is the state that decides the branches.</summary>
    /// <param name="late">Gets the errors of ranges: one of a put goes before.</param>
    private string Execute(Operation operation, Operation whole, NaiveKeySpace before, List<Change> changes, List<Refused> late)
    {
        var now = Revision + (changes.Count > 0 ? 1 : 0);
        switch (operation)
        {
            case PutOperation put:
                return Put(put, now, changes, ReferenceEquals(put, whole));
            case DeleteOperation delete:
                var deleted = State(now).Where(change => delete.Range.Contains(change.Key)).ToList();
                deleted.ForEach(change => Delete(change, changes));
                return $"delete({deleted.Count} [{(delete.ReturnPrevious ? string.Join(", ", deleted) : "")}])";
            case RangeOperation range:
                // What can be asked for does not grow with the transaction's own changes.
                try
                {
                    return range.Revision > before.Revision ? throw new Refused(StoreError.FutureRevision) : Read(range, now);
                }
                catch (Refused refused)
                {
                    late.Add(refused);
                    return "";
                }

            case TransactionOperation transaction:
                var succeeded = transaction.Comparisons.All(before.Holds);
                var branch = succeeded ? transaction.Success : transaction.Failure;
                return $"txn({succeeded} {string.Join("; ", branch.Select(one => Execute(one, whole, before, changes, late)).ToList())})";
            default:
                throw new ArgumentOutOfRangeException(nameof(operation));
        }
    }

    private string Put(PutOperation put, long now, List<Change> changes, bool isAlone)
    {
        var key = put.Key.ToArray();
        var previous = Live(key, now);
        if (previous is null && (put.IgnoreLease || put.IgnoreValue))
        {
            var lacksLease = !put.IgnoreLease && !put.Lease.IsNone && !_leases.ContainsKey(put.Lease.Value);
            throw new Refused(isAlone && lacksLease ? StoreError.LeaseNotFound : StoreError.KeyNotFound);
        }

        var lease = put.IgnoreLease ? previous!.Lease : put.Lease;
        if (!lease.IsNone && !_leases.ContainsKey(lease.Value))
        {
            throw new Refused(StoreError.LeaseNotFound);
        }

        var value = put.IgnoreValue ? previous!.Value : put.Value.ToArray();
        Add(new(key, value, previous?.Create ?? Revision + 1, Revision + 1, changes.Count, (previous?.Version ?? 0) + 1, lease), changes);
        return $"put({(put.ReturnPrevious && previous is not null ? previous.ToString() : "none")})";
    }

    private void Delete(Change change, List<Change> changes) =>
        Add(new(change.Key, [], 0, Revision + 1, changes.Count, 0, LeaseId.None), changes);

    private void Add(Change change, List<Change> changes)
    {
        _changes.Add(change);
        changes.Add(change);
    }

    private string Read(RangeOperation range) => Read(range, Revision);

    private string Read(RangeOperation range, long now)
    {
        if (range.Revision > now)
        {
            throw new Refused(StoreError.FutureRevision);
        }

        if (range.Revision > 0 && range.Revision < CompactedRevision)
        {
            throw new Refused(StoreError.Compacted);
        }

        var found = State(range.Revision <= 0 ? now : range.Revision).Where(change => range.Range.Contains(change.Key)).ToList();
        if (range.CountOnly)
        {
            return $"range([] count {found.Count})";
        }

        var filtered = range.MinModRevision != 0 || range.MaxModRevision != 0 || range.MinCreateRevision != 0 || range.MaxCreateRevision != 0;
        var items = found;
        if (range.Limit > 0 && range.SortOrder == SortOrder.None && !filtered)
        {
            items = [.. found.Take((int)Math.Min(range.Limit, 1_000_000) + 1)];
        }

        items = [.. items
            .Where(item => range.MinModRevision == 0 || item.Mod >= range.MinModRevision)
            .Where(item => range.MaxModRevision == 0 || item.Mod <= range.MaxModRevision)
            .Where(item => range.MinCreateRevision == 0 || item.Create >= range.MinCreateRevision)
            .Where(item => range.MaxCreateRevision == 0 || item.Create <= range.MaxCreateRevision)];
        var more = range.Limit > 0 && items.Count > range.Limit;
        items = [.. Sort(items, range).Take(range.Limit > 0 ? (int)Math.Min(range.Limit, 1_000_000) : int.MaxValue)];
        return $"range([{string.Join(", ", items)}] count {found.Count}{(more ? " more" : "")})";
    }

    private static IEnumerable<Change> Sort(List<Change> items, RangeOperation range)
    {
        // LINQ's sorts are stable, and the items come in key order.
        var down = range.SortOrder == SortOrder.Descend;
        return range.SortTarget switch
        {
            SortTarget.Key => down ? items.AsEnumerable().Reverse() : items,
            SortTarget.Version => down ? items.OrderByDescending(item => item.Version) : items.OrderBy(item => item.Version),
            SortTarget.CreateRevision => down ? items.OrderByDescending(item => item.Create) : items.OrderBy(item => item.Create),
            SortTarget.ModRevision => down ? items.OrderByDescending(item => item.Mod) : items.OrderBy(item => item.Mod),
            _ => down ? items.OrderByDescending(item => item.Value, ByteOrder) : items.OrderBy(item => item.Value, ByteOrder),
        };
    }

    private bool Holds(Comparison comparison)
    {
        var found = State(Revision).Where(change => comparison.Range.Contains(change.Key)).ToList();
        return found.Count == 0
            ? comparison.Target != ComparisonTarget.Value && Holds(comparison, 0L.CompareTo(comparison.Number))
            : found.TrueForAll(change => Holds(comparison, comparison.Target switch
            {
                ComparisonTarget.Version => change.Version.CompareTo(comparison.Number),
                ComparisonTarget.CreateRevision => change.Create.CompareTo(comparison.Number),
                ComparisonTarget.ModRevision => change.Mod.CompareTo(comparison.Number),
                ComparisonTarget.Lease => change.Lease.Value.CompareTo(comparison.Number),
                _ => ByteOrder.Compare(change.Value, comparison.Value.ToArray()),
            }));
    }

    private static bool Holds(Comparison comparison, int order) => comparison.Result switch
    {
        ComparisonResult.Equal => order == 0,
        ComparisonResult.NotEqual => order != 0,
        ComparisonResult.Greater => order > 0,
        _ => order < 0,
    };

    private Change? Live(byte[] key, long revision) => State(revision).SingleOrDefault(change => change.Key.AsSpan().SequenceEqual(key));

    /// <summary>The live pairs at a revision, in key order.</summary>
    private IEnumerable<Change> State(long revision)
    {
        var state = new SortedDictionary<byte[], Change>(ByteOrder);
        foreach (var change in _changes)
        {
            if (change.Mod <= revision)
            {
                state[change.Key] = change;
            }
        }

        return state.Values.Where(change => change.Version > 0);
    }

    private static readonly Comparer<byte[]> ByteOrder = Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right));
}
