using Concord.Mvcc;
using Concord.Protocol.Etcd;
using Google.Protobuf.Collections;

namespace Concord.Server.Etcd;

/// <summary>
/// Reads requests into the store's operations and refuses what etcd refuses before a request enters the log. Keys and
/// values are not copied.
/// </summary>
internal static class EtcdRequests
{
    public static RangeOperation Read(RangeRequest request, OperationLimits limits) => Check(Convert(request), limits);

    public static PutOperation Read(PutRequest request, OperationLimits limits) => Check(Convert(request), limits);

    public static DeleteOperation Read(DeleteRangeRequest request, OperationLimits limits) => Check(Convert(request), limits);

    public static TransactionOperation Read(TxnRequest request, OperationLimits limits) => Check(Convert(request), limits);

    private static T Check<T>(T operation, OperationLimits limits)
        where T : Operation
    {
        var error = OperationRules.Check(operation, limits);
        return error == OperationError.None ? operation : throw EtcdErrors.From(error);
    }

    private static RangeOperation Convert(RangeRequest request) => new(new KeyRange(request.Key.Memory, request.RangeEnd.Memory))
    {
        Revision = request.Revision,
        Limit = request.Limit,
        SortOrder = (SortOrder)Narrow((int)request.SortOrder),
        SortTarget = (SortTarget)Narrow((int)request.SortTarget),
        KeysOnly = request.KeysOnly,
        CountOnly = request.CountOnly,
        MinModRevision = request.MinModRevision,
        MaxModRevision = request.MaxModRevision,
        MinCreateRevision = request.MinCreateRevision,
        MaxCreateRevision = request.MaxCreateRevision,
    };

    private static PutOperation Convert(PutRequest request) => new(request.Key.Memory, request.Value.Memory)
    {
        Lease = new LeaseId(request.Lease),
        ReturnPrevious = request.PrevKv,
        IgnoreValue = request.IgnoreValue,
        IgnoreLease = request.IgnoreLease,
    };

    private static DeleteOperation Convert(DeleteRangeRequest request) =>
        new(new KeyRange(request.Key.Memory, request.RangeEnd.Memory)) { ReturnPrevious = request.PrevKv };

    private static TransactionOperation Convert(TxnRequest request)
    {
        var comparisons = new Comparison[request.Compare.Count];
        for (var i = 0; i < comparisons.Length; i++)
        {
            comparisons[i] = Convert(request.Compare[i]);
        }

        return new TransactionOperation(comparisons, ConvertBranch(request.Success), ConvertBranch(request.Failure));
    }

    private static Operation[] ConvertBranch(RepeatedField<RequestOp> branch)
    {
        var operations = new Operation[branch.Count];
        for (var i = 0; i < operations.Length; i++)
        {
            var op = branch[i];
            operations[i] = op.RequestCase switch
            {
                RequestOp.RequestOneofCase.RequestRange => Convert(op.RequestRange),
                RequestOp.RequestOneofCase.RequestPut => Convert(op.RequestPut),
                RequestOp.RequestOneofCase.RequestDeleteRange => Convert(op.RequestDeleteRange),
                RequestOp.RequestOneofCase.RequestTxn => Convert(op.RequestTxn),
                // The rules refuse what is missing.
                _ => null!,
            };
        }

        return operations;
    }

    private static Comparison Convert(Compare compare)
    {
        var target = (ComparisonTarget)Narrow((int)compare.Target);
        return new Comparison(
            new KeyRange(compare.Key.Memory, compare.RangeEnd.Memory), target, (ComparisonResult)Narrow((int)compare.Result))
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

    /// <summary>An unknown number of the wire stays unknown in the store's one byte.</summary>
    private static byte Narrow(int value) => value is >= 0 and < byte.MaxValue ? (byte)value : byte.MaxValue;
}
