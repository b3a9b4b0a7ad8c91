namespace Concord.Cli.Config;

/// <summary>The settings at and below a key; all when the key is null.</summary>
internal sealed record Settings(string? Key, IReadOnlyList<KeyValuePair<string, string>> Pairs)
{
    /// <summary>Takes the key as typed, or with ':' for every '.', since both ways of writing are common. Case makes no difference.</summary>
    public static Settings Below(IReadOnlyList<KeyValuePair<string, string>> all, string? key)
    {
        if (key is null)
            return new(null, all);

        foreach (var form in new[] { key, key.Replace('.', ':') })
        {
            var pairs = all.Where(pair => IsAtOrBelow(pair.Key, form)).ToList();
            if (pairs.Count > 0)
                return new(form, pairs);
        }

        throw new CommandException(ExitCode.NotFound, $"There is no key '{key}'.", NearestOf(all, key));
    }

    private static bool IsAtOrBelow(string candidate, string key) =>
        candidate.StartsWith(key, StringComparison.OrdinalIgnoreCase) && (candidate.Length == key.Length || candidate[key.Length] == ':');

    private static string NearestOf(IReadOnlyList<KeyValuePair<string, string>> all, string key)
    {
        var nearest = all.Select(pair => pair.Key).MinBy(Distance);
        return nearest is not null && Distance(nearest) <= 1 + (key.Length / 4)
            ? $"Did you mean {nearest}?"
            : "Leave KEY out to see all keys.";

        int Distance(string candidate) => EditDistance.Between(candidate.ToLowerInvariant(), key.ToLowerInvariant());
    }
}
