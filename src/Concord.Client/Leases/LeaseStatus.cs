using Concord.Client.Kv;

namespace Concord.Client.Leases;

/// <summary>A lease as the server sees it.</summary>
/// <param name="Remaining">Whole seconds until it ends unless it is renewed.</param>
/// <param name="Granted">Its full time to live.</param>
/// <param name="Keys">The keys that go with it; empty when they were not asked for.</param>
public sealed record LeaseStatus(long Id, TimeSpan Remaining, TimeSpan Granted, IReadOnlyList<KvBytes> Keys);
