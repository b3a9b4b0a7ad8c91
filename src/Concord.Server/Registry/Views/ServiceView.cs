using Concord.Server.Registry.Model;

namespace Concord.Server.Registry.Views;

/// <summary>How a service does.</summary>
/// <param name="Held">Kept although they gave no sign of life.</param>
/// <param name="IsPanic">Too few are healthy: whoever asked for healthy ones gets the critical ones too.</param>
internal sealed record ServiceView(string Name, int Total, int Healthy, int Held, bool IsPanic, int PanicPercent, IReadOnlyList<string> Tags)
{
    public static ServiceView Of(string name, ReadOnlySpan<RegistryInstance> instances, int panicPercent)
    {
        var (healthy, counted, held) = (0, 0, 0);
        var tags = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var one in instances)
        {
            healthy += one.State.IsHealthy() ? 1 : 0;
            counted += one.State.CountsForPanic() ? 1 : 0;
            held += one.IsHeld ? 1 : 0;
            tags.UnionWith(one.Record.Tags);
        }

        return new(name, instances.Length, healthy, held, healthy * 100L < (long)counted * panicPercent, panicPercent, [.. tags]);
    }

    public bool LooksLike(ServiceView other) =>
        Total == other.Total && Healthy == other.Healthy && Held == other.Held && IsPanic == other.IsPanic && PanicPercent == other.PanicPercent && Tags.SequenceEqual(other.Tags);
}
