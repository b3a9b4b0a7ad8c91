namespace Concord.Mvcc;

/// <summary>
/// Runs one operation with everything in it, in three passes: choose the branches of the whole nested tree on the
/// state before, check every chosen operation, execute. Because whatever can fail is known before the first change,
/// there is nothing to undo.
/// </summary>
internal readonly struct TransactionRunner
{
    /// <summary>One entry per transaction of the tree, in the order in which they are met: whether it succeeded.</summary>
    private readonly Queue<bool> _branches;

    /// <summary>The chosen operations in the order of their execution, without the transactions around them.</summary>
    private readonly List<Operation> _chosen;

    private readonly ReadState _before;
    private readonly KeySpaceEditor? _editor;

    private TransactionRunner(ReadState before, KeySpaceEditor? editor)
    {
        _branches = new();
        _chosen = [];
        _before = before;
        _editor = editor;
    }

    /// <summary>Runs an operation that may write. On an error nothing was changed.</summary>
    public static StoreError Run(KeySpaceEditor editor, Operation operation, out OperationResult? result)
    {
        // By far the most frequent command needs none of the bookkeeping.
        if (operation is PutOperation { IgnoreValue: false, IgnoreLease: false } put)
        {
            var known = put.Lease.IsNone || editor.Leases.Contains(put.Lease);
            result = known ? Put(editor, put) : null;
            return known ? StoreError.None : StoreError.LeaseNotFound;
        }

        return new TransactionRunner(editor.Current, editor).Run(operation, out result);
    }

    /// <summary>Runs an operation that only reads.</summary>
    /// <exception cref="ArgumentException">It has a put or a delete.</exception>
    public static StoreError Run(ReadState state, Operation operation, out OperationResult? result) =>
        new TransactionRunner(state, editor: null).Run(operation, out result);

    private StoreError Run(Operation operation, out OperationResult? result)
    {
        Choose(operation);
        result = null;
        var error = Check(static one => one is not RangeOperation);
        if (error == StoreError.None)
        {
            error = Check(static one => one is RangeOperation);
        }

        return error == StoreError.None ? Execute(operation, out result) : error;
    }

    private void Choose(Operation operation)
    {
        if (operation is not TransactionOperation transaction)
        {
            _chosen.Add(operation);
            return;
        }

        var succeeded = _before.Holds(transaction.Comparisons);
        _branches.Enqueue(succeeded);
        var branch = succeeded ? transaction.Success : transaction.Failure;
        for (var i = 0; i < branch.Count; i++)
        {
            Choose(branch[i]);
        }
    }

    /// <summary>Of several errors etcd reports one of a put before one of a range, whatever their order.</summary>
    private StoreError Check(Func<Operation, bool> which)
    {
        for (var i = 0; i < _chosen.Count; i++)
        {
            if (which(_chosen[i]) && Check(_chosen[i], i) is var error and not StoreError.None)
            {
                return error;
            }
        }

        return StoreError.None;
    }

    private StoreError Check(Operation operation, int index)
    {
        if (operation is RangeOperation range)
        {
            return _before.Check(range.Revision);
        }

        if (_editor is null)
        {
            throw new ArgumentException("A transaction that only reads has a put or a delete.", nameof(operation));
        }

        if (operation is not PutOperation put)
        {
            return StoreError.None;
        }

        var lacksKey = (put.IgnoreValue || put.IgnoreLease) && !Exists(put.Key.Span, index);
        var lacksLease = !put.IgnoreLease && !put.Lease.IsNone && !_editor.Leases.Contains(put.Lease);

        // If both: in a transaction etcd looks for the key first, for a put alone for the lease.
        var isAlone = _branches.Count == 0;
        return lacksKey && !(lacksLease && isAlone) ? StoreError.KeyNotFound
            : lacksLease ? StoreError.LeaseNotFound
            : StoreError.None;
    }

    /// <summary>Whether a key will exist when the chosen operation at <paramref name="index"/> runs.</summary>
    private bool Exists(ReadOnlySpan<byte> key, int index)
    {
        for (var i = index - 1; i >= 0; i--)
        {
            switch (_chosen[i])
            {
                case PutOperation put when put.Key.Span.SequenceEqual(key):
                    return true;
                case DeleteOperation delete when delete.Range.Contains(key):
                    return false;
            }
        }

        return _before.Get(key) is not null;
    }

    /// <summary>
    /// The one error left is <see cref="StoreError.Compacted"/> for a reader on another thread whose history a trim
    /// took meanwhile; a command cannot meet it.
    /// </summary>
    private StoreError Execute(Operation operation, out OperationResult? result)
    {
        var error = StoreError.None;
        switch (operation)
        {
            case PutOperation put:
                result = Put(_editor!, put);
                break;
            case DeleteOperation delete:
                var deleted = _editor!.Delete(delete.Range);
                result = new DeleteResult(deleted.Count, delete.ReturnPrevious ? deleted : []);
                break;
            case RangeOperation range:
                error = (_editor?.Current ?? _before).Range(range, out var pairs);
                result = pairs;
                break;
            case TransactionOperation transaction:
                error = Execute(transaction, out result);
                break;
            default:
                throw new InvalidOperationException($"{operation.GetType().Name} is not an operation of the key space.");
        }

        return error;
    }

    private StoreError Execute(TransactionOperation transaction, out OperationResult? result)
    {
        result = null;
        var succeeded = _branches.Dequeue();
        var branch = succeeded ? transaction.Success : transaction.Failure;
        var results = new OperationResult[branch.Count];
        for (var i = 0; i < results.Length; i++)
        {
            var error = Execute(branch[i], out var one);
            if (error != StoreError.None)
            {
                return error;
            }

            results[i] = one!;
        }

        result = new TransactionResult(succeeded, results);
        return StoreError.None;
    }

    private static PutResult Put(KeySpaceEditor editor, PutOperation put)
    {
        var previous = editor.Put(put);
        return put.ReturnPrevious && previous is not null ? new PutResult(previous) : PutResult.WithoutPrevious;
    }
}
