using Concord.Protocol.Etcd;
using Google.Protobuf;
using static Concord.Protocol.Etcd.Compare.Types;
using static Concord.Protocol.Etcd.RangeRequest.Types;

namespace Concord.IntegrationTests.Differential;

/// <summary>
/// Random requests of etcd's API from a seed: few keys, so that they meet each other, and every field at its usual values, at
/// its borders and beyond them.
/// </summary>
internal sealed class RequestDice(int seed)
{
    private const int NestingMax = 2;

    private static readonly string[] Keys = ["", "a", "a/1", "a/2", "a/3", "b", "b/1", "b/2", "c", "\0", "ÿ"];

    private readonly Random _random = new(seed);

    /// <summary>Where the store is; revisions in requests lie about here.</summary>
    public long Revision { get; set; } = 1;

    public long Compacted { get; set; }

    /// <summary>The next request that one message answers.</summary>
    public IMessage Next() => _random.Next(100) switch
    {
        < 26 => Range(),
        < 50 => Put(),
        < 60 => Delete(),
        < 84 => Transaction(0),
        < 87 => Compaction(),
        < 91 => new LeaseGrantRequest { ID = LeaseId(), TTL = Chance(12) ? 9_000_000_001 : _random.Next(1_000, 5_000) },
        < 93 => new LeaseRevokeRequest { ID = LeaseId() },
        < 95 => new LeaseTimeToLiveRequest { ID = LeaseId(), Keys = Chance(2) },
        < 96 => new LeaseLeasesRequest(),
        < 98 => new LeaseKeepAliveRequest { ID = LeaseId() },
        _ => new HashKVRequest { Revision = Chance(2) ? 0 : HashedRevision() },
    };

    public WatchCreateRequest Watch(long id)
    {
        var request = new WatchCreateRequest
        {
            Key = Key(),
            RangeEnd = RangeEnd(),
            WatchId = id,
            PrevKv = Chance(2),
            ProgressNotify = Chance(4),
            StartRevision = _random.Next(3) switch { 0 => 0, 1 => Math.Max(1, Compacted + 1), _ => Math.Max(0, SomeRevision()) }, // below 0 is refused since etcd 3.5 only
        };
        if (Chance(5))
        {
            request.Filters.Add(Pick(WatchCreateRequest.Types.FilterType.Noput, WatchCreateRequest.Types.FilterType.Nodelete));
        }

        return request;
    }

    /// <summary>
    /// A request for which etcd 3.4 too asks for rights, and in the same way: nothing without an operation, and no range whose end is
    /// before its beginning, which has no keys and needs no right.
    /// </summary>
    public IMessage NextGuarded()
    {
        while (true)
        {
            if (Next() is var request && request switch
            {
                RangeRequest m => IsOrdered(m.Key, m.RangeEnd),
                DeleteRangeRequest m => IsOrdered(m.Key, m.RangeEnd),
                TxnRequest m => HasOrderedOperations(m),
                _ => request is PutRequest,
            })
            {
                return request;
            }
        }
    }

    public bool Chance(int of) => _random.Next(of) == 0;

    public int Number(int below) => _random.Next(below);

    private RangeRequest Range()
    {
        var request = new RangeRequest
        {
            Key = Key(),
            RangeEnd = RangeEnd(),
            Revision = Chance(3) ? SomeRevision() : 0,
            Limit = Chance(3) ? _random.Next(-1, 5) : 0,
            SortOrder = Pick(SortOrder.None, SortOrder.None, SortOrder.Ascend, SortOrder.Descend),
            SortTarget = Pick(SortTarget.Key, SortTarget.Version, SortTarget.Create, SortTarget.Mod, SortTarget.Value),
            Serializable = Chance(4),
            KeysOnly = Chance(5),
            CountOnly = Chance(6),
        };
        if (Chance(6))
        {
            (request.MinModRevision, request.MaxModRevision) = (SomeRevision(), SomeRevision());
        }

        if (Chance(6))
        {
            (request.MinCreateRevision, request.MaxCreateRevision) = (SomeRevision(), SomeRevision());
        }

        return request;
    }

    /// <summary>Not at a revision below 0, which is the newest everywhere else, but compacted here once anything is.</summary>
    private RangeRequest RangeInTransaction()
    {
        var request = Range();
        request.Revision = Math.Max(0, request.Revision);
        return request;
    }

    private PutRequest Put() => new()
    {
        Key = Key(),
        Value = Value(),
        Lease = Chance(4) ? LeaseId() : 0,
        PrevKv = Chance(3),
        IgnoreValue = Chance(12),
        IgnoreLease = Chance(12),
    };

    private DeleteRangeRequest Delete() => new() { Key = Key(), RangeEnd = RangeEnd(), PrevKv = Chance(2) };

    /// <summary>Not to 0 first, which etcd accepts once and without an effect.</summary>
    private CompactionRequest Compaction()
    {
        var revision = Chance(4) ? SomeRevision() : Revision - _random.Next(30);
        return new() { Revision = revision == 0 ? 1 : revision, Physical = Chance(2) };
    }

    /// <summary>
    /// In a transaction not from a key to the end: etcd does not see that such a deletion and a put of a later key meet, and
    /// Concord refuses them.
    /// </summary>
    private DeleteRangeRequest DeleteInTransaction()
    {
        var request = Delete();
        if (request.RangeEnd.Span is [0])
        {
            request.RangeEnd = ByteString.CopyFromUtf8("b");
        }

        return request;
    }

    private TxnRequest Transaction(int depth)
    {
        var request = new TxnRequest();
        for (var left = _random.Next(4); left > 0; left--)
        {
            request.Compare.Add(Comparison());
        }

        for (var left = _random.Next(4); left > 0; left--)
        {
            request.Success.Add(Operation(depth));
        }

        for (var left = _random.Next(4); left > 0; left--)
        {
            request.Failure.Add(Operation(depth));
        }

        return request;
    }

    private RequestOp Operation(int depth) => _random.Next(20) switch
    {
        < 7 => new() { RequestRange = RangeInTransaction() },
        < 14 => new() { RequestPut = Put() },
        < 18 => new() { RequestDeleteRange = DeleteInTransaction() },
        18 when depth < NestingMax => new() { RequestTxn = Transaction(depth + 1) },
        _ => new() { RequestPut = Put() },
    };

    private Compare Comparison()
    {
        var compare = new Compare { Key = Key(), RangeEnd = Chance(5) ? RangeEnd() : ByteString.Empty, Result = Pick(Enum.GetValues<CompareResult>()) };
        switch (compare.Target = Pick(Enum.GetValues<CompareTarget>()))
        {
            case CompareTarget.Version:
                compare.Version = _random.Next(4);
                break;
            case CompareTarget.Create:
                compare.CreateRevision = Chance(3) ? 0 : SomeRevision();
                break;
            case CompareTarget.Mod:
                compare.ModRevision = Chance(3) ? 0 : SomeRevision();
                break;
            case CompareTarget.Value:
                compare.Value = Value();
                break;
            default:
                compare.Lease = Chance(2) ? 0 : LeaseId();
                break;
        }

        return compare;
    }

    private ByteString Key() => ByteString.CopyFromUtf8(Chance(25) ? "" : Keys[_random.Next(1, Keys.Length)]);

    private ByteString RangeEnd() => ByteString.CopyFromUtf8(_random.Next(10) switch
    {
        < 5 => "",
        5 => "\0",
        6 => "b",
        7 => "b0",
        8 => "a0",
        _ => Keys[_random.Next(Keys.Length)],
    });

    private ByteString Value() => ByteString.CopyFromUtf8(_random.Next(8) switch { 0 => "", 1 => "x", 2 => "y", _ => $"{_random.Next(1000)}" });

    private long SomeRevision() => _random.Next(12) switch
    {
        0 => 0,
        1 => -1,
        2 => 1,
        3 => Revision,
        4 => Revision + 1,
        5 => Revision + 100,
        6 => Compacted,
        7 => Compacted + 1,
        _ => Math.Max(1, Revision - _random.Next(40)),
    };

    /// <summary>Not the compacted one itself, which has a hash since etcd 3.5 only.</summary>
    private long HashedRevision() => Math.Max(0, SomeRevision()) is var revision && revision == Compacted ? revision + 1 : revision;

    /// <summary>Few, and one that never exists.</summary>
    private long LeaseId() => _random.Next(10) switch { 0 => 99, 1 => -3, _ => _random.Next(1, 7) };

    private T Pick<T>(params T[] from) => from[_random.Next(from.Length)];

    private static bool HasOrderedOperations(TxnRequest request) =>
        request.Success.Count > 0 && request.Failure.Count > 0
        && request.Compare.All(static one => IsOrdered(one.Key, one.RangeEnd))
        && request.Success.Concat(request.Failure).All(static one => one.RequestCase switch
        {
            RequestOp.RequestOneofCase.RequestRange => IsOrdered(one.RequestRange.Key, one.RequestRange.RangeEnd),
            RequestOp.RequestOneofCase.RequestDeleteRange => IsOrdered(one.RequestDeleteRange.Key, one.RequestDeleteRange.RangeEnd),
            RequestOp.RequestOneofCase.RequestTxn => HasOrderedOperations(one.RequestTxn),
            _ => true,
        });

    private static bool IsOrdered(ByteString key, ByteString end) =>
        end.IsEmpty || end.Span is [0] || key.Span.SequenceCompareTo(end.Span) < 0;
}
