namespace Concord.Mvcc;

/// <summary>Why an operation is not worth proposing: it is wrong whatever the state of the store.</summary>
public enum OperationError : byte
{
    None = 0,

    EmptyKey,

    KeyTooLarge,

    ValueTooLarge,

    /// <summary>A put that keeps the present value brings one.</summary>
    ValueProvided,

    /// <summary>A put that keeps the present lease brings one.</summary>
    LeaseProvided,

    /// <summary>Too many comparisons or operations, or nested too deep.</summary>
    TooManyOperations,

    /// <summary>A transaction could put a key twice, or put and delete it.</summary>
    DuplicateKey,

    InvalidSortOption,

    /// <summary>A comparison has an unknown target or result.</summary>
    InvalidComparison,

    /// <summary>An entry of a branch is neither range nor put nor delete nor transaction.</summary>
    MissingOperation,
}

/// <summary>
/// The rules that an operation must keep whatever the state of the store, for the API edge to check before it
/// proposes. The key space itself does not depend on them.
/// </summary>
public static class OperationRules
{
    public static OperationError Check(Operation? operation, OperationLimits limits)
    {
        var error = CheckOne(operation, limits, limits.OperationsMax, 0);
        return error == OperationError.None && operation is TransactionOperation transaction
            ? DuplicateKeys.Check(transaction)
            : error;
    }

    private static OperationError CheckOne(Operation? operation, OperationLimits limits, int operationsLeft, int depth) => operation switch
    {
        RangeOperation range => CheckRange(range, limits),
        PutOperation put => CheckPut(put, limits),
        DeleteOperation delete => CheckKeys(delete.Range, limits),
        TransactionOperation transaction => CheckTransaction(transaction, limits, operationsLeft, depth),
        _ => OperationError.MissingOperation,
    };

    private static OperationError CheckRange(RangeOperation range, OperationLimits limits) =>
        range.SortOrder > SortOrder.Descend || range.SortTarget > SortTarget.Value
            ? OperationError.InvalidSortOption
            : CheckKeys(range.Range, limits);

    private static OperationError CheckPut(PutOperation put, OperationLimits limits)
    {
        if (put.Key.IsEmpty)
        {
            return OperationError.EmptyKey;
        }

        if (put.IgnoreValue && !put.Value.IsEmpty)
        {
            return OperationError.ValueProvided;
        }

        if (put.IgnoreLease && !put.Lease.IsNone)
        {
            return OperationError.LeaseProvided;
        }

        return put.Key.Length > limits.KeyBytesMax ? OperationError.KeyTooLarge
            : put.Value.Length > limits.ValueBytesMax ? OperationError.ValueTooLarge
            : OperationError.None;
    }

    private static OperationError CheckKeys(KeyRange range, OperationLimits limits) =>
        range.Start.IsEmpty ? OperationError.EmptyKey
        : Math.Max(range.Start.Length, range.End.Length) > limits.KeyBytesMax ? OperationError.KeyTooLarge
        : OperationError.None;

    private static OperationError CheckTransaction(TransactionOperation transaction, OperationLimits limits, int operationsLeft, int depth)
    {
        var count = Math.Max(transaction.Comparisons.Count, Math.Max(transaction.Success.Count, transaction.Failure.Count));
        if (count > operationsLeft || depth == OperationLimits.DepthMax)
        {
            return OperationError.TooManyOperations;
        }

        foreach (var comparison in transaction.Comparisons)
        {
            var error = CheckComparison(comparison, limits);
            if (error != OperationError.None)
            {
                return error;
            }
        }

        var inSuccess = CheckBranch(transaction.Success, limits, operationsLeft - count, depth + 1);
        return inSuccess != OperationError.None
            ? inSuccess
            : CheckBranch(transaction.Failure, limits, operationsLeft - count, depth + 1);
    }

    private static OperationError CheckBranch(IReadOnlyList<Operation> branch, OperationLimits limits, int operationsLeft, int depth)
    {
        foreach (var operation in branch)
        {
            var error = CheckOne(operation, limits, operationsLeft, depth);
            if (error != OperationError.None)
            {
                return error;
            }
        }

        return OperationError.None;
    }

    private static OperationError CheckComparison(Comparison comparison, OperationLimits limits) =>
        comparison.Target > ComparisonTarget.Lease || comparison.Result > ComparisonResult.NotEqual
            ? OperationError.InvalidComparison
            : CheckKeys(comparison.Range, limits);
}
