namespace Concord.EtcdBackend.Bolt;

/// <summary>A bucket to write.</summary>
/// <param name="Pairs">Gives the same pairs each time; asked for twice.</param>
public sealed record BoltBucket(string Name, Func<BoltPairs> Pairs);
