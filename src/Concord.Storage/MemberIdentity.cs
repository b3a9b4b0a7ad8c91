namespace Concord.Storage;

/// <summary>Whose data a directory holds. Written into every file, so that a mixed-up file is noticed.</summary>
public sealed record MemberIdentity(ulong ClusterId, ulong MemberId, string Name);
