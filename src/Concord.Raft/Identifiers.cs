namespace Concord.Raft;

/// <summary>A term of the Raft paper (section 5.1): one election, at most one leader.</summary>
public readonly record struct Term(long Value) : IComparable<Term>
{
    public static Term Zero => default;

    public Term Next => new(Value + 1);

    public static bool operator <(Term a, Term b) => a.Value < b.Value;

    public static bool operator >(Term a, Term b) => a.Value > b.Value;

    public static bool operator <=(Term a, Term b) => a.Value <= b.Value;

    public static bool operator >=(Term a, Term b) => a.Value >= b.Value;

    public int CompareTo(Term other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A position in the log. The first entry has index 1; 0 is "before the log".</summary>
public readonly record struct LogIndex(long Value) : IComparable<LogIndex>
{
    public static LogIndex Zero => default;

    public LogIndex Next => new(Value + 1);

    public LogIndex Previous => new(Value - 1);

    public static LogIndex operator +(LogIndex index, long count) => new(index.Value + count);

    public static LogIndex operator -(LogIndex index, long count) => new(index.Value - count);

    /// <summary>How many entries lie between two positions.</summary>
    public static long operator -(LogIndex a, LogIndex b) => a.Value - b.Value;

    public static bool operator <(LogIndex a, LogIndex b) => a.Value < b.Value;

    public static bool operator >(LogIndex a, LogIndex b) => a.Value > b.Value;

    public static bool operator <=(LogIndex a, LogIndex b) => a.Value <= b.Value;

    public static bool operator >=(LogIndex a, LogIndex b) => a.Value >= b.Value;

    public int CompareTo(LogIndex other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A member of the group. Never zero, never used again after the member left.</summary>
public readonly record struct MemberId(ulong Value) : IComparable<MemberId>
{
    public static MemberId None => default;

    public bool IsNone => Value == 0;

    public int CompareTo(MemberId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x", System.Globalization.CultureInfo.InvariantCulture);
}
