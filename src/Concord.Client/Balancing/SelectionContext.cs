namespace Concord.Client.Balancing;

/// <summary>What is known of a call when its instance is chosen.</summary>
public readonly record struct SelectionContext
{
    /// <summary>Calls with the same key go to the same instance, if the policy hashes; see <see cref="StableHash"/>. Null: any.</summary>
    public ulong? Key { get; init; }

    /// <summary>Which split of the route to take, by its name; null, or one that is not there: by the shares.</summary>
    public string? Split { get; init; }

    /// <summary>Instances that this call was sent to before. They are chosen again only if there are no others.</summary>
    public IReadOnlyList<PoolEndpoint>? Avoid { get; init; }

    /// <summary>The time since the pool began; the pool fills it in.</summary>
    public TimeSpan Now { get; init; }

    /// <summary>For a key that is text, such as a user's name.</summary>
    public static SelectionContext ForKey(string key) => new() { Key = StableHash.Of(key) };

    public bool Avoids(PoolEndpoint endpoint)
    {
        // By index: an enumerator of an interface is an allocation.
        for (var i = 0; Avoid is not null && i < Avoid.Count; i++)
        {
            if (ReferenceEquals(Avoid[i], endpoint))
                return true;
        }

        return false;
    }
}
