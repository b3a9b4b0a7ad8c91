namespace Concord.Client.Kv;

/// <summary>The revision of the put, and what was there before if that was asked for and there was something.</summary>
public sealed record PutResult(long Revision, KeyValue? Previous);

/// <summary>How many keys a delete removed, at which revision, and the pairs if they were asked for.</summary>
public sealed record DeleteResult(long Revision, long Deleted, IReadOnlyList<KeyValue> Previous);

/// <summary>
/// Whether a compare-and-swap wrote. If it did not, <paramref name="Current"/> is the pair that was in the way, null when
/// the key does not exist.
/// </summary>
public sealed record SwapResult(bool Swapped, long Revision, KeyValue? Current);

/// <summary>
/// Whether a compare-and-delete deleted. If it did not, <paramref name="Current"/> is the pair that was in the way, null when the key
/// does not exist.
/// </summary>
public sealed record DeleteIfResult(bool Deleted, long Revision, KeyValue? Current);

/// <summary>Which branch a transaction took, its revision, and one result for each operation of the branch.</summary>
public sealed record TransactionResult(bool Succeeded, long Revision, IReadOnlyList<OperationResult> Results);

/// <summary>What one operation of a transaction gave.</summary>
public abstract record OperationResult
{
    private OperationResult()
    {
    }

    /// <summary>The pairs of a read, and how many there are in its range regardless of its limit.</summary>
    public sealed record Read(IReadOnlyList<KeyValue> Pairs, long Count) : OperationResult;

    public sealed record Put(KeyValue? Previous) : OperationResult;

    public sealed record Delete(long Deleted, IReadOnlyList<KeyValue> Previous) : OperationResult;

    /// <summary>What a transaction within the transaction gave.</summary>
    public sealed record Nested(TransactionResult Result) : OperationResult;
}
