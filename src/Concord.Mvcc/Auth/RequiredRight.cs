namespace Concord.Mvcc.Auth;

/// <summary>A right that a caller must have on all keys of a range.</summary>
public sealed record RequiredRight(Access Access, KeyRange Range);
