using Concord.Client.Kv;

namespace Concord.Client.Coordination;

/// <summary>Who leads.</summary>
/// <param name="Key">The leader's key in the queue of its election.</param>
/// <param name="Value">What it says of itself.</param>
/// <param name="FencingToken">Larger than that of every leader before it.</param>
public sealed record Leader(KvBytes Key, KvBytes Value, long FencingToken);
