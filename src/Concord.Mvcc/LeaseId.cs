namespace Concord.Mvcc;

/// <summary>Identifies a lease. Zero means "no lease".</summary>
public readonly record struct LeaseId(long Value)
{
    public static LeaseId None => default;

    public bool IsNone => Value == 0;

    public override string ToString() => Value.ToString("x", System.Globalization.CultureInfo.InvariantCulture);
}
