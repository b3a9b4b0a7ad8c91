using System.Collections.Concurrent;
using Concord.Protocol.Etcd;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.Tests.Cli;

/// <summary>A small key space in memory: just enough of the protocol for a client to be judged by.</summary>
internal sealed class FakeKv : KV.KVBase
{
    private readonly System.Threading.Lock _gate = new();
    private readonly SortedDictionary<byte[], KeyValue> _pairs = new(Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)));

    public long Revision { get; set; } = 1;

    public ConcurrentQueue<IMessage> Requests { get; } = new();

    /// <summary>Runs after a range has been answered, so that a test can change things between two pages.</summary>
    public Action? AfterRange { get; set; }

    public Func<IMessage, RpcException?>? Refuse { get; set; }

    public void Set(string key, string value) => Set(ByteString.CopyFromUtf8(key), ByteString.CopyFromUtf8(value), lease: 0);

    public override Task<RangeResponse> Range(RangeRequest request, ServerCallContext context)
    {
        Accept(request);
        RangeResponse response;
        lock (_gate)
            response = Read(request);
        AfterRange?.Invoke();
        return Task.FromResult(response);
    }

    public override Task<PutResponse> Put(PutRequest request, ServerCallContext context)
    {
        Accept(request);
        lock (_gate)
        {
            var previous = Set(request.Key, request.Value, request.Lease);
            return Task.FromResult(new PutResponse { Header = Header(), PrevKv = request.PrevKv ? previous : null });
        }
    }

    public override Task<DeleteRangeResponse> DeleteRange(DeleteRangeRequest request, ServerCallContext context)
    {
        Accept(request);
        lock (_gate)
        {
            var gone = Matching(request.Key, request.RangeEnd).ToList();
            foreach (var pair in gone)
                _pairs.Remove(pair.Key.ToByteArray());
            Revision += gone.Count > 0 ? 1 : 0;
            var response = new DeleteRangeResponse { Header = Header(), Deleted = gone.Count };
            if (request.PrevKv)
                response.PrevKvs.Add(gone);
            return Task.FromResult(response);
        }
    }

    /// <summary>One comparison of a mod revision, one put, one get: a compare-and-swap.</summary>
    public override Task<TxnResponse> Txn(TxnRequest request, ServerCallContext context)
    {
        Accept(request);
        lock (_gate)
        {
            var compare = request.Compare.Single();
            var current = _pairs.GetValueOrDefault(compare.Key.ToByteArray());
            var response = new TxnResponse { Succeeded = (current?.ModRevision ?? 0) == compare.ModRevision };
            if (response.Succeeded)
            {
                var put = request.Success.Single().RequestPut;
                Set(put.Key, put.Value, put.Lease);
                response.Responses.Add(new ResponseOp { ResponsePut = new() });
            }
            else
            {
                response.Responses.Add(new ResponseOp { ResponseRange = Read(request.Failure.Single().RequestRange) });
            }

            response.Header = Header();
            return Task.FromResult(response);
        }
    }

    private void Accept(IMessage request)
    {
        Requests.Enqueue(request);
        if (Refuse?.Invoke(request) is { } refusal)
            throw refusal;
    }

    private RangeResponse Read(RangeRequest request)
    {
        var all = Matching(request.Key, request.RangeEnd).ToList();
        var response = new RangeResponse { Header = Header(), Count = all.Count };
        if (request.CountOnly)
            return response;
        var taken = request.Limit > 0 ? all.Take((int)request.Limit) : all;
        response.Kvs.Add(taken.Select(pair => request.KeysOnly ? new KeyValue(pair) { Value = ByteString.Empty } : pair));
        response.More = response.Kvs.Count < all.Count;
        return response;
    }

    private IEnumerable<KeyValue> Matching(ByteString start, ByteString end) => _pairs.Values.Where(pair =>
    {
        var key = pair.Key.Span;
        if (end.IsEmpty)
            return key.SequenceEqual(start.Span);
        return key.SequenceCompareTo(start.Span) >= 0
            && (end.Span is [0] || key.SequenceCompareTo(end.Span) < 0);
    });

    private KeyValue? Set(ByteString key, ByteString value, long lease)
    {
        var previous = _pairs.GetValueOrDefault(key.ToByteArray());
        Revision++;
        _pairs[key.ToByteArray()] = new()
        {
            Key = key,
            Value = value,
            Lease = lease,
            CreateRevision = previous?.CreateRevision ?? Revision,
            ModRevision = Revision,
            Version = (previous?.Version ?? 0) + 1,
        };
        return previous;
    }

    private ResponseHeader Header() => new() { Revision = Revision };
}
