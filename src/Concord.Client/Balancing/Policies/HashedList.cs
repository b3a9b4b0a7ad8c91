namespace Concord.Client.Balancing.Policies;

/// <summary>What the tables of the hashing policies depend on.</summary>
internal static class HashedList
{
    /// <summary>The same endpoints with the same weights in the same order.</summary>
    public static bool Same(WeightedEndpoint[] one, IReadOnlyList<WeightedEndpoint> other)
    {
        if (one.Length != other.Count)
            return false;
        for (var i = 0; i < one.Length; i++)
        {
            if (!ReferenceEquals(one[i].Endpoint, other[i].Endpoint) || one[i].Weight != other[i].Weight)
                return false;
        }

        return true;
    }
}
