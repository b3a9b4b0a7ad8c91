using Concord.Mvcc;
using Concord.Protocol.Etcd;

namespace Concord.Server.Etcd;

/// <summary>
/// Writes a transaction's result as etcd does: the answers of the single operations carry a header with nothing but the
/// revision they saw (that of the transaction once something was changed, the one before it until then), nested
/// transactions an empty one, and only the outermost says who answered.
/// </summary>
internal struct TransactionAnswer
{
    private readonly long _revisionBefore;
    private bool _changed;

    private TransactionAnswer(long revisionBefore) => _revisionBefore = revisionBefore;

    private readonly long RevisionNow => _changed ? _revisionBefore + 1 : _revisionBefore;

    /// <param name="revision">The store's revision after the transaction.</param>
    public static TxnResponse From(TransactionOperation operation, TransactionResult result, long revision, ResponseHeader header)
    {
        var answer = new TransactionAnswer(Changes(result) ? revision - 1 : revision);
        return answer.Write(operation, result, header);
    }

    private static bool Changes(TransactionResult result)
    {
        foreach (var item in result.Results)
        {
            if (item is PutResult or DeleteResult { Deleted: > 0 } || (item is TransactionResult nested && Changes(nested)))
            {
                return true;
            }
        }

        return false;
    }

    private TxnResponse Write(TransactionOperation operation, TransactionResult result, ResponseHeader header)
    {
        var response = new TxnResponse { Header = header, Succeeded = result.Succeeded };
        var branch = result.Succeeded ? operation.Success : operation.Failure;
        response.Responses.Capacity = branch.Count;
        for (var i = 0; i < branch.Count; i++)
        {
            response.Responses.Add(Write(branch[i], result.Results[i]));
        }

        return response;
    }

    private ResponseOp Write(Operation operation, OperationResult result)
    {
        switch (result)
        {
            case RangeResult range:
                var keysOnly = ((RangeOperation)operation).KeysOnly;
                return new ResponseOp { ResponseRange = EtcdAnswers.ToAnswer(range, keysOnly, Header()) };
            case PutResult put:
                _changed = true;
                return new ResponseOp { ResponsePut = EtcdAnswers.ToAnswer(put, Header()) };
            case DeleteResult delete:
                _changed |= delete.Deleted > 0;
                return new ResponseOp { ResponseDeleteRange = EtcdAnswers.ToAnswer(delete, Header()) };
            case TransactionResult nested:
                return new ResponseOp { ResponseTxn = Write((TransactionOperation)operation, nested, new ResponseHeader()) };
            default:
                throw new ArgumentOutOfRangeException(nameof(result), result, "An operation's result has no answer in the etcd API.");
        }
    }

    private readonly ResponseHeader Header() => new() { Revision = RevisionNow };
}
