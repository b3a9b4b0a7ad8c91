using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Kv;

/// <summary>
/// Several operations at one revision, all or nothing: if every condition holds the operations of <see cref="Then"/> run,
/// else those of <see cref="Else"/>. The server takes at most 128 of each.
/// </summary>
public sealed class KvTransaction
{
    private readonly Etcd.KV.KVClient _kv;
    private readonly Etcd.TxnRequest _request = new();

    internal KvTransaction(Etcd.KV.KVClient kv) => _kv = kv;

    public KvTransaction If(params ReadOnlySpan<KvCondition> conditions)
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

    public async Task<TransactionResult> CommitAsync(CancellationToken cancellationToken = default)
    {
        var response = await _kv.TxnAsync(_request, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return new(response.Succeeded, response.Header.Revision, [.. response.Responses.Select(ToResult)]);
    }

    private static OperationResult ToResult(Etcd.ResponseOp response) => response.ResponseCase switch
    {
        Etcd.ResponseOp.ResponseOneofCase.ResponseRange => new OperationResult.Read(
            [.. response.ResponseRange.Kvs.Select(KeyValue.From)], response.ResponseRange.Count),
        Etcd.ResponseOp.ResponseOneofCase.ResponsePut => new OperationResult.Put(
            response.ResponsePut.PrevKv is { } previous ? KeyValue.From(previous) : null),
        Etcd.ResponseOp.ResponseOneofCase.ResponseDeleteRange => new OperationResult.Delete(
            response.ResponseDeleteRange.Deleted, [.. response.ResponseDeleteRange.PrevKvs.Select(KeyValue.From)]),
        var other => throw new InvalidOperationException($"The server answered an operation with {other}."),
    };
}
