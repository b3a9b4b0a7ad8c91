using System.Globalization;
using Concord.Client.Kv;

namespace Concord.Client.Coordination;

/// <summary>The word that a round of a barrier is open.</summary>
/// <param name="Round">The revision that created it.</param>
/// <param name="Youngest">The revision that created the youngest place of the round.</param>
internal sealed record BarrierWord(long Round, long Youngest)
{
    /// <exception cref="InvalidOperationException">The key is something else.</exception>
    public static BarrierWord From(KeyValue pair) => long.TryParse(pair.Value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var youngest)
        ? new(pair.CreateRevision, youngest)
        : throw new InvalidOperationException($"The key {pair.Key} is in use for something else than rounds of a barrier, a raised barrier perhaps: use another name.");

    public bool Admits(long createRevision) => createRevision <= Youngest;
}
