using Concord.Client.Balancing;

namespace Concord.Client.Routing;

/// <summary>The key that keeps a caller with one share of a split: the same in every process, gateways and callers alike.</summary>
public static class SplitHash
{
    /// <summary>For <see cref="SelectionContext.Key"/>; null: chance decides, also for a call that has not what is asked for.</summary>
    /// <param name="service">Is part of the key, so that the same people are not the first to get every service's next version.</param>
    /// <param name="text">What <see cref="RuleRouting.SplitBy"/> names: the header's value, the cookie's …</param>
    public static ulong? Of(string service, string? text) => string.IsNullOrEmpty(text) ? null : StableHash.Of($"{service}\n{text}");
}
