using System.Globalization;

namespace Concord.Mvcc;

/// <summary>Identifies a lease. Zero means "no lease".</summary>
public readonly record struct LeaseId(long Value) : IComparable<LeaseId>
{
    public static LeaseId None => default;

    public bool IsNone => Value == 0;

    public int CompareTo(LeaseId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x", CultureInfo.InvariantCulture);
}
