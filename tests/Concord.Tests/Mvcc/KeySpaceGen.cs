using Concord.Mvcc;
using CsCheck;

namespace Concord.Tests.Mvcc;

/// <summary>Random commands and reads over few keys, so that they meet.</summary>
internal sealed class KeySpaceGen
{
    /// <summary>Keys with everything that order and prefixes can trip over: the end of a key, zeros, 0xff.</summary>
    public static readonly KeySpaceGen Few = new(Gen.OneOf(
        [.. new[] { "a", "a\0", "a\0\0", "ab", "b", "ba", "b\xff", "\xff", "\xff\xff", "\0" }.Select(Text.Bytes)]));

    /// <summary>Hundreds of keys with long common prefixes, so that nodes of the tree split and merge.</summary>
    public static readonly KeySpaceGen Many = new(Gen.Select(
        Gen.OneOf("/registry/services/default/", "/registry/services/", "/registry/", ""),
        Gen.Int[0, 180],
        Gen.OneOf("", "\0", "/endpoints/10.0.0.1:8080"),
        (prefix, number, suffix) => Text.Bytes($"{prefix}{number}{suffix}")));

    private KeySpaceGen(Gen<byte[]> key)
    {
        Key = key;
        Range = Gen.Frequency(
            (6, key.Select(one => KeyRange.Single(one))),
            (3, Gen.Select(key, key, (start, end) => new KeyRange(start, end))),
            (2, key.Select(start => KeyRange.From(start))),
            (2, key.Select(prefix => KeyRange.Prefix(prefix))),
            (1, Gen.Const(KeyRange.All)));
        Put = Gen.Select(key, Gen.OneOf("", "1", "2", "22"), Lease, Gen.Bool, Gen.Int[0, 7], Gen.Int[0, 7], (one, value, lease, previous, keepValue, keepLease) =>
            (Operation)new PutOperation(one, keepValue == 0 ? default : Text.Bytes(value))
            {
                Lease = keepLease == 0 ? LeaseId.None : lease,
                ReturnPrevious = previous,
                IgnoreValue = keepValue == 0,
                IgnoreLease = keepLease == 0,
            });
        Delete = Gen.Select(Range, Gen.Bool, (range, previous) => (Operation)new DeleteOperation(range) { ReturnPrevious = previous });
        Read = Gen.Select(Gen.Select(Range, Revision, Limit), Gen.Select(Order, Target, Gen.Bool, Gen.Int[0, 6]), Gen.Select(Filter, Filter, Filter, Filter), (what, how, filter) =>
            new RangeOperation(what.Item1)
            {
                Revision = what.Item2,
                Limit = what.Item3,
                SortOrder = how.Item1,
                SortTarget = how.Item2,
                KeysOnly = how.Item3,
                CountOnly = how.Item4 == 0,
                MinModRevision = filter.Item1,
                MaxModRevision = filter.Item2,
                MinCreateRevision = filter.Item3,
                MaxCreateRevision = filter.Item4,
            });
        Comparison = Gen.Select(Range, Gen.Enum<ComparisonTarget>(), Gen.Enum<ComparisonResult>(), Gen.Int[0, 6], Gen.OneOf("", "1", "2"), (range, target, result, number, value) =>
            new Comparison(range, target, result)
            {
                Number = target == ComparisonTarget.Value ? 0 : number,
                Value = target == ComparisonTarget.Value ? Text.Bytes(value) : default(ReadOnlyMemory<byte>),
            });
        Write = Operation(2);
        ReadTransaction = Transaction(Read.Select(read => (Operation)read));
        Command = Gen.Frequency<Command>(
            (20, Put.Select(put => (Command)new WriteCommand(put))),
            (5, Delete.Select(delete => (Command)new WriteCommand(delete))),
            (8, Write.Select(operation => (Command)new WriteCommand(operation))),
            (2, Gen.Select(Lease.Where(lease => !lease.IsNone), Gen.Long[1, 100], (lease, ttl) => (Command)new LeaseGrantCommand(lease, ttl))),
            (1, Lease.Where(lease => !lease.IsNone).Select(lease => (Command)new LeaseRevokeCommand(lease))),
            (1, Lease.Where(lease => !lease.IsNone).Array[0, 3].Select(leases => (Command)new LeaseExpireCommand(leases))),
            (1, Gen.Long[0, 60].Select(revision => (Command)new CompactCommand(revision))));
    }

    public Gen<byte[]> Key { get; }

    public Gen<KeyRange> Range { get; }

    public Gen<Operation> Put { get; }

    public Gen<Operation> Delete { get; }

    public Gen<RangeOperation> Read { get; }

    public Gen<Comparison> Comparison { get; }

    public Gen<Operation> Write { get; }

    public Gen<TransactionOperation> ReadTransaction { get; }

    public Gen<Command> Command { get; }

    private static Gen<LeaseId> Lease => Gen.Frequency((3, Gen.Const(LeaseId.None)), (2, Gen.Long[1, 3].Select(id => new LeaseId(id))));

    private static Gen<long> Revision => Gen.Frequency((3, Gen.Const(0L)), (3, Gen.Long[-1, 60]));

    private static Gen<long> Limit => Gen.Frequency((2, Gen.Const(0L)), (3, Gen.Long[1, 5]), (1, Gen.OneOf(-1L, long.MaxValue)));

    private static Gen<SortOrder> Order => Gen.Frequency((2, Gen.Const(SortOrder.None)), (2, Gen.Enum<SortOrder>()));

    private static Gen<SortTarget> Target => Gen.Frequency((2, Gen.Const(SortTarget.Key)), (2, Gen.Enum<SortTarget>()));

    private static Gen<long> Filter => Gen.Frequency((8, Gen.Const(0L)), (1, Gen.Long[1, 40]));

    private Gen<Operation> Operation(int depth)
    {
        var leaf = Gen.Frequency((3, Put), (2, Delete), (2, Read.Select(read => (Operation)read)));
        return depth == 0 ? leaf : Gen.Frequency((2, leaf), (3, Transaction(Operation(depth - 1)).Select(one => (Operation)one)));
    }

    private Gen<TransactionOperation> Transaction(Gen<Operation> operation) => Gen.Select(
        Comparison.Array[0, 2],
        operation.Array[0, 3],
        operation.Array[0, 3],
        (comparisons, success, failure) => new TransactionOperation(comparisons, success, failure));
}
