namespace Concord.Mvcc.Snapshots;

/// <summary>The numbers of a version as a snapshot holds them.</summary>
internal readonly record struct VersionNumbers(long ModRevision, int SubRevision, long CreateRevision, long Version, LeaseId Lease);
