namespace Concord.Mvcc.Auth;

/// <summary>What a role may do with the keys of a range. A role has at most one for the same range.</summary>
public sealed record Permission(Access Access, KeyRange Range)
{
    /// <summary>The order in which a role lists its permissions; 0 only for the same range.</summary>
    internal static int CompareRanges(KeyRange left, KeyRange right)
    {
        var order = left.Start.Span.SequenceCompareTo(right.Start.Span);
        return order != 0 ? order : left.End.Span.SequenceCompareTo(right.End.Span);
    }
}
