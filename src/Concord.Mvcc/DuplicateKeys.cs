namespace Concord.Mvcc;

/// <summary>
/// Finds keys that one transaction could change twice, by the same rules as etcd: no key is put twice, and none that
/// is put is in a deleted range of the same branch or of the transactions around it. The two branches of one nested
/// transaction may share keys, for only one of them runs; deletes may overlap.
/// </summary>
internal sealed class DuplicateKeys
{
    private readonly SortedSet<ReadOnlyMemory<byte>> _puts = new(KeyComparer.Instance);
    private readonly List<KeyRange> _deletes = [];

    private DuplicateKeys()
    {
    }

    public static OperationError Check(TransactionOperation transaction) =>
        new DuplicateKeys().AddBranch(transaction.Success) && new DuplicateKeys().AddBranch(transaction.Failure)
            ? OperationError.None
            : OperationError.DuplicateKey;

    /// <summary>False if there are duplicates.</summary>
    private bool AddBranch(IReadOnlyList<Operation> branch)
    {
        // The deletes of a branch count for the transactions in it too, wherever they stand, so they come first.
        foreach (var operation in branch)
        {
            if (operation is DeleteOperation delete)
            {
                _deletes.Add(delete.Range);
            }
        }

        foreach (var operation in branch)
        {
            if (operation is TransactionOperation nested && !AddNested(nested))
            {
                return false;
            }
        }

        foreach (var operation in branch)
        {
            if (operation is PutOperation put && (IsDeleted(put.Key) || !_puts.Add(put.Key)))
            {
                return false;
            }
        }

        return true;
    }

    private bool AddNested(TransactionOperation nested)
    {
        var success = new DuplicateKeys();
        var failure = new DuplicateKeys();
        if (!success.AddBranch(nested.Success) || !failure.AddBranch(nested.Failure))
        {
            return false;
        }

        foreach (var key in success._puts)
        {
            if (IsDeleted(key) || !_puts.Add(key))
            {
                return false;
            }
        }

        foreach (var key in failure._puts)
        {
            if (IsDeleted(key) || (!_puts.Add(key) && !success._puts.Contains(key)))
            {
                return false;
            }
        }

        _deletes.AddRange(success._deletes);
        _deletes.AddRange(failure._deletes);
        return true;
    }

    private bool IsDeleted(ReadOnlyMemory<byte> key)
    {
        foreach (var range in _deletes)
        {
            if (range.Contains(key.Span))
            {
                return true;
            }
        }

        return false;
    }
}
