using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Google.Protobuf.Collections;

namespace Concord.Server.Etcd;

/// <summary>
/// Reads requests into the store's operations, and refuses what etcd refuses before a request enters the log, in etcd's
/// order of checks. Keys and values are not copied.
/// </summary>
internal static class EtcdRequests
{
    public static RangeOperation Read(RangeRequest request)
    {
        if (request.Key.IsEmpty)
        {
            throw EtcdErrors.EmptyKey();
        }

        if ((uint)request.SortOrder > (uint)SortOrder.Descend || (uint)request.SortTarget > (uint)SortTarget.Value)
        {
            throw EtcdErrors.InvalidSortOption();
        }

        return new RangeOperation(new KeyRange(request.Key.Memory, request.RangeEnd.Memory))
        {
            Revision = request.Revision,
            Limit = request.Limit,
            SortOrder = (SortOrder)request.SortOrder,
            SortTarget = (SortTarget)request.SortTarget,
            KeysOnly = request.KeysOnly,
            CountOnly = request.CountOnly,
            MinModRevision = request.MinModRevision,
            MaxModRevision = request.MaxModRevision,
            MinCreateRevision = request.MinCreateRevision,
            MaxCreateRevision = request.MaxCreateRevision,
        };
    }

    public static PutOperation Read(PutRequest request)
    {
        if (request.Key.IsEmpty)
        {
            throw EtcdErrors.EmptyKey();
        }

        if (request.IgnoreValue && !request.Value.IsEmpty)
        {
            throw EtcdErrors.ValueProvided();
        }

        if (request.IgnoreLease && request.Lease != 0)
        {
            throw EtcdErrors.LeaseProvided();
        }

        return new PutOperation(request.Key.Memory, request.Value.Memory)
        {
            Lease = new LeaseId(request.Lease),
            ReturnPrevious = request.PrevKv,
            IgnoreValue = request.IgnoreValue,
            IgnoreLease = request.IgnoreLease,
        };
    }

    public static DeleteOperation Read(DeleteRangeRequest request)
    {
        if (request.Key.IsEmpty)
        {
            throw EtcdErrors.EmptyKey();
        }

        return new DeleteOperation(new KeyRange(request.Key.Memory, request.RangeEnd.Memory)) { ReturnPrevious = request.PrevKv };
    }

    /// <param name="operationsMax">What one list may hold; a nested transaction has what its parent's longest list left.</param>
    public static TransactionOperation Read(TxnRequest request, int operationsMax)
    {
        var longest = Math.Max(request.Compare.Count, Math.Max(request.Success.Count, request.Failure.Count));
        if (longest > operationsMax)
        {
            throw EtcdErrors.TooManyOperations();
        }

        var comparisons = new Comparison[request.Compare.Count];
        for (var i = 0; i < comparisons.Length; i++)
        {
            comparisons[i] = Read(request.Compare[i]);
        }

        return new TransactionOperation(
            comparisons,
            ReadBranch(request.Success, operationsMax - longest),
            ReadBranch(request.Failure, operationsMax - longest));
    }

    private static Operation[] ReadBranch(RepeatedField<RequestOp> branch, int operationsLeft)
    {
        var operations = new Operation[branch.Count];
        for (var i = 0; i < operations.Length; i++)
        {
            var op = branch[i];
            operations[i] = op.RequestCase switch
            {
                RequestOp.RequestOneofCase.RequestRange => Read(op.RequestRange),
                RequestOp.RequestOneofCase.RequestPut => Read(op.RequestPut),
                RequestOp.RequestOneofCase.RequestDeleteRange => Read(op.RequestDeleteRange),
                RequestOp.RequestOneofCase.RequestTxn => Read(op.RequestTxn, operationsLeft),
                _ => throw EtcdErrors.KeyNotFound(),
            };
        }

        return operations;
    }

    private static Comparison Read(Compare compare)
    {
        if (compare.Key.IsEmpty)
        {
            throw EtcdErrors.EmptyKey();
        }

        var target = (ComparisonTarget)compare.Target;
        return new Comparison(new KeyRange(compare.Key.Memory, compare.RangeEnd.Memory), target, (ComparisonResult)compare.Result)
        {
            // A right-hand side of another target than the one named is read as absent: zero or empty.
            Number = target switch
            {
                ComparisonTarget.Version => compare.Version,
                ComparisonTarget.CreateRevision => compare.CreateRevision,
                ComparisonTarget.ModRevision => compare.ModRevision,
                ComparisonTarget.Lease => compare.Lease,
                _ => 0,
            },
            Value = compare.Value.Memory,
        };
    }
}
