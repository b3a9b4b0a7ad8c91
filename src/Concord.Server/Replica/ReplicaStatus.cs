namespace Concord.Server.Replica;

/// <summary>Facts about this replica for status calls and response headers.</summary>
public sealed record ReplicaStatus(
    ulong ClusterId,
    ulong MemberId,
    string MemberName,
    ulong LeaderId,
    long Term,
    long CommitIndex,
    long AppliedIndex,
    long SizeBytes,
    bool IsLearner);
