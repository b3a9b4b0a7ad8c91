using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Kv;

/// <summary>How a condition compares the stored number with the given one.</summary>
public enum Comparison
{
    Equal = Etcd.Compare.Types.CompareResult.Equal,
    Greater = Etcd.Compare.Types.CompareResult.Greater,
    Less = Etcd.Compare.Types.CompareResult.Less,
    NotEqual = Etcd.Compare.Types.CompareResult.NotEqual,
}

/// <summary>A test on one key that a transaction makes before it chooses its branch.</summary>
public sealed class KvCondition
{
    private KvCondition(Etcd.Compare message) => Message = message;

    internal Etcd.Compare Message { get; }

    public static KvCondition Exists(KvBytes key) => CreateRevision(key, Comparison.NotEqual, 0);

    /// <summary>A key that does not exist has the create revision 0.</summary>
    public static KvCondition Absent(KvBytes key) => CreateRevision(key, Comparison.Equal, 0);

    /// <summary>No key of the range exists.</summary>
    public static KvCondition Absent(KeyRange range)
    {
        var condition = CreateRevision(range.Start, Comparison.Equal, 0);
        condition.Message.RangeEnd = range.End.ToByteString();
        return condition;
    }

    /// <summary>No key of the range was changed after this revision; that keys were deleted does not show.</summary>
    public static KvCondition UnchangedSince(KeyRange range, long revision)
    {
        var condition = ModRevision(range.Start, Comparison.Less, revision + 1);
        condition.Message.RangeEnd = range.End.ToByteString();
        return condition;
    }

    public static KvCondition CreateRevision(KvBytes key, Comparison comparison, long revision) => new(
        Compare(key, comparison, Etcd.Compare.Types.CompareTarget.Create, compare => compare.CreateRevision = revision));

    public static KvCondition ModRevision(KvBytes key, Comparison comparison, long revision) => new(
        Compare(key, comparison, Etcd.Compare.Types.CompareTarget.Mod, compare => compare.ModRevision = revision));

    public static KvCondition Version(KvBytes key, Comparison comparison, long version) => new(
        Compare(key, comparison, Etcd.Compare.Types.CompareTarget.Version, compare => compare.Version = version));

    public static KvCondition Lease(KvBytes key, Comparison comparison, long lease) => new(
        Compare(key, comparison, Etcd.Compare.Types.CompareTarget.Lease, compare => compare.Lease = lease));

    /// <summary>Compares the bytes; never true for a key that does not exist, whatever the comparison.</summary>
    public static KvCondition Value(KvBytes key, Comparison comparison, KvBytes value) => new(
        Compare(key, comparison, Etcd.Compare.Types.CompareTarget.Value, compare => compare.Value = value.ToByteString()));

    private static Etcd.Compare Compare(
        KvBytes key,
        Comparison comparison,
        Etcd.Compare.Types.CompareTarget target,
        Action<Etcd.Compare> setOperand)
    {
        var compare = new Etcd.Compare
        {
            Key = key.ToByteString(),
            Result = (Etcd.Compare.Types.CompareResult)comparison,
            Target = target,
        };
        setOperand(compare);
        return compare;
    }
}
