namespace Concord.Mvcc;

/// <summary>One operation on the key space, alone or inside a transaction.</summary>
public abstract record Operation
{
    private protected Operation()
    {
    }
}

public enum SortOrder : byte
{
    None = 0,
    Ascend = 1,
    Descend = 2,
}

public enum SortTarget : byte
{
    Key = 0,
    Version = 1,
    CreateRevision = 2,
    ModRevision = 3,
    Value = 4,
}

/// <summary>
/// Reads the pairs of a range. <see cref="Revision"/> ≤ 0 is the newest. A zero limit or filter means none. The count
/// of the answer is that of all keys in the range at that revision, whatever the limit and the filters.
/// </summary>
public sealed record RangeOperation(KeyRange Range) : Operation
{
    public long Revision { get; init; }

    public long Limit { get; init; }

    public SortOrder SortOrder { get; init; }

    public SortTarget SortTarget { get; init; }

    public bool KeysOnly { get; init; }

    public bool CountOnly { get; init; }

    public long MinModRevision { get; init; }

    public long MaxModRevision { get; init; }

    public long MinCreateRevision { get; init; }

    public long MaxCreateRevision { get; init; }
}

/// <summary>
/// Writes a pair. A put without a lease detaches the key's former lease. <see cref="IgnoreValue"/> and
/// <see cref="IgnoreLease"/> keep the present value or lease and need the key to exist.
/// </summary>
public sealed record PutOperation(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value) : Operation
{
    public LeaseId Lease { get; init; }

    public bool ReturnPrevious { get; init; }

    public bool IgnoreValue { get; init; }

    public bool IgnoreLease { get; init; }
}

/// <summary>Deletes every key of a range; a range without keys is no change and no new revision.</summary>
public sealed record DeleteOperation(KeyRange Range) : Operation
{
    public bool ReturnPrevious { get; init; }
}

/// <summary>
/// If every comparison holds, <see cref="Success"/> runs, else <see cref="Failure"/>. The branches of the whole nested
/// tree are chosen on the state before the transaction; then the operations run in order, later ones see earlier ones,
/// and all changes carry one revision.
/// </summary>
public sealed record TransactionOperation(
    IReadOnlyList<Comparison> Comparisons,
    IReadOnlyList<Operation> Success,
    IReadOnlyList<Operation> Failure) : Operation;

public enum ComparisonTarget : byte
{
    Version = 0,
    CreateRevision = 1,
    ModRevision = 2,
    Value = 3,
    Lease = 4,
}

public enum ComparisonResult : byte
{
    Equal = 0,
    Greater = 1,
    Less = 2,
    NotEqual = 3,
}

/// <summary>
/// Compares one property of every key in a range. A key that does not exist has version, revisions and lease zero;
/// its value compares as false with everything.
/// </summary>
public sealed record Comparison(KeyRange Range, ComparisonTarget Target, ComparisonResult Result)
{
    /// <summary>The right-hand side for every target but <see cref="ComparisonTarget.Value"/>.</summary>
    public long Number { get; init; }

    /// <summary>The right-hand side for <see cref="ComparisonTarget.Value"/>.</summary>
    public ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>Whether one key satisfies this; null is a key that does not exist.</summary>
    internal bool Holds(KeyVersion? version)
    {
        if (version is null && Target == ComparisonTarget.Value)
        {
            return false;
        }

        var order = Target switch
        {
            ComparisonTarget.Version => (version?.Version ?? 0).CompareTo(Number),
            ComparisonTarget.CreateRevision => (version?.CreateRevision ?? 0).CompareTo(Number),
            ComparisonTarget.ModRevision => (version?.ModRevision ?? 0).CompareTo(Number),
            ComparisonTarget.Lease => (version?.Lease.Value ?? 0).CompareTo(Number),
            ComparisonTarget.Value => version!.ValueSpan.SequenceCompareTo(Value.Span),
            _ => throw new InvalidOperationException($"{Target} is not a target of a comparison."),
        };
        return Result switch
        {
            ComparisonResult.Equal => order == 0,
            ComparisonResult.NotEqual => order != 0,
            ComparisonResult.Greater => order > 0,
            ComparisonResult.Less => order < 0,
            _ => throw new InvalidOperationException($"{Result} is not a result of a comparison."),
        };
    }
}
