using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Kv;

/// <summary>
/// Several operations at one revision, all or nothing: if every condition holds the operations of <see cref="Then"/> run,
/// else those of <see cref="Else"/>. The server takes at most 128 of each (<c>--max-txn-ops</c>), counting nested ones.
/// </summary>
/// <remarks>
/// A condition that does not hold and a key that does not exist are results. <see cref="ConcordServerException"/> says that the
/// transaction could never run: one key written twice, a lease that does not exist, a revision that is compacted.
/// </remarks>
/// <example>
/// <code>
/// var result = await client.Kv.Transaction()
///     .When(KvCondition.Absent("jobs/7"))
///     .Then(KvOperation.Put("jobs/7", "mine"))
///     .Else(KvOperation.Get("jobs/7"))
///     .CommitAsync();
/// </code>
/// </example>
public sealed class KvTransaction
{
    private readonly Etcd.KV.KVClient _kv;
    private readonly Etcd.TxnRequest _request = new();

    internal KvTransaction(Etcd.KV.KVClient kv) => _kv = kv;

    /// <summary>All conditions together must hold. They, and those of nested transactions, look at the state before the transaction.</summary>
    public KvTransaction When(params ReadOnlySpan<KvCondition> conditions)
    {
        foreach (var condition in conditions)
            _request.Compare.Add(condition.Message);

        return this;
    }

    public KvTransaction Then(params ReadOnlySpan<KvOperation> operations)
    {
        foreach (var operation in operations)
            _request.Success.Add(operation.Message);

        return this;
    }

    public KvTransaction Else(params ReadOnlySpan<KvOperation> operations)
    {
        foreach (var operation in operations)
            _request.Failure.Add(operation.Message);

        return this;
    }

    internal Etcd.TxnRequest Message => _request;

    /// <summary>Runs it; may be called again, which runs it again.</summary>
    /// <exception cref="ConcordUnavailableException">No answer came. Unless <see cref="ConcordUnavailableException.NothingSent"/>, it may
    /// have taken effect: make conditions such that a second run tells.</exception>
    public async Task<TransactionResult> CommitAsync(CancellationToken cancellationToken = default)
    {
        var response = await _kv.TxnAsync(_request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return ToResult(response, response.Header.Revision);
    }

    private static TransactionResult ToResult(Etcd.TxnResponse response, long revision) =>
        new(response.Succeeded, revision, [.. response.Responses.Select(one => ToResult(one, revision))]);

    private static OperationResult ToResult(Etcd.ResponseOp response, long revision) => response.ResponseCase switch
    {
        Etcd.ResponseOp.ResponseOneofCase.ResponseRange => new OperationResult.Read(
            [.. response.ResponseRange.Kvs.Select(KeyValue.From)], response.ResponseRange.Count),
        Etcd.ResponseOp.ResponseOneofCase.ResponsePut => new OperationResult.Put(
            response.ResponsePut.PrevKv is { } previous ? KeyValue.From(previous) : null),
        Etcd.ResponseOp.ResponseOneofCase.ResponseDeleteRange => new OperationResult.Delete(
            response.ResponseDeleteRange.Deleted, [.. response.ResponseDeleteRange.PrevKvs.Select(KeyValue.From)]),
        Etcd.ResponseOp.ResponseOneofCase.ResponseTxn => new OperationResult.Nested(ToResult(response.ResponseTxn, revision)),
        var other => throw new InvalidOperationException($"The server answered an operation with {other}."),
    };
}
