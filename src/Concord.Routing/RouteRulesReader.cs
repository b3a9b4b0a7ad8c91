namespace Concord.Routing;

/// <summary>Reads and judges the rules of a service.</summary>
internal static class RouteRulesReader
{
    /// <summary>A split that people can still survey; every caller keeps all of it.</summary>
    private const int SharesMax = 20;

    /// <summary>Zones of a large provider in all regions that one service runs in.</summary>
    private const int StepsMax = 20;

    private const int ZonesMax = 100;

    /// <param name="isForAll">The rules are for all services: they have no split, which is between versions of one.</param>
    public static RouteRules Read(DocumentReader reader, DocumentNode root, bool isForAll)
    {
        if (isForAll && root.TryGet("split", out var misplaced))
            reader.Fault(misplaced, "'split' is in the rules for all services.", $"Write it into the configuration that is named like the service.");
        reader.Only(root, isForAll ? ["failover", "failoverBelow", "maintenance", "split"] : ["split", "splitBy", "failover", "failoverBelow", "maintenance"]);
        return new()
        {
            Split = Shares(reader, root),
            SplitBy = Key(reader, root),
            Failover = Steps(reader, root),
            FailoverBelow = reader.Number(root, "failoverBelow", 1, 100) ?? RouteRules.DefaultFailoverBelow,
            Maintenance = Maintenance(reader, root),
        };
    }

    private static List<RouteShare> Shares(DocumentReader reader, DocumentNode root)
    {
        var shares = new List<RouteShare>();
        var elements = reader.Elements(root, "split");
        if (elements.Count == 0)
            return shares;
        root.TryGet("split", out var split);
        if (elements.Count > SharesMax)
            reader.Fault(split!, $"'split' has {elements.Count} shares.", $"At most {SharesMax} are allowed.");
        var isComplete = true;
        foreach (var element in elements)
        {
            reader.Only(element, "name", "version", "tags", "labels", "percent");
            var points = reader.BasisPoints(element, "percent");
            if (points is null && (!element.TryGet("percent", out var percent) || percent.IsEmpty))
                reader.FaultOfWhole(element, $"'{element.Path}' has no 'percent'.", "Say which share of the callers it gets.");
            isComplete &= points is not null;
            shares.Add(Share(reader, element, points ?? 0, shares));
        }

        var sum = shares.Sum(share => share.BasisPoints);
        if (isComplete && sum != 10_000)
            reader.FaultOfWhole(split!, FormattableString.Invariant($"The percentages of 'split' add up to {sum / 100m:0.##}."), "Make them 100; a share of 0 is allowed.");
        return shares;
    }

    private static RouteShare Share(DocumentReader reader, DocumentNode element, int points, List<RouteShare> before)
    {
        var version = reader.Text(element, "version") ?? "";
        if (version.IndexOf('*', StringComparison.Ordinal) is >= 0 and var star && star != version.Length - 1)
            reader.Fault(element, $"'{element.Path}:version' is '{version}'.", "Write a version, or its beginning with one '*' at the end.");
        var tags = reader.Texts(element, "tags").Select(one => one.Text).ToList();
        var labels = Pairs(reader, element, "labels");
        var isRest = version.Length == 0 && tags.Count == 0 && labels.Count == 0;
        if (before.Exists(one => one.Version.Length == 0 && one.Tags.Count == 0 && one.Labels.Count == 0))
            reader.FaultOfWhole(element, $"'{element.Path}' gets nothing: a share before it takes every instance.", "Write the share without version, tags and labels last; it is the rest.");
        var name = reader.Text(element, "name") ?? (isRest ? "rest" : version.Length > 0 ? version : tags.Count > 0 ? string.Join(',', tags) : string.Join(',', labels.Select(label => $"{label.Key}={label.Value}")));
        if (before.Exists(one => one.Name == name))
            reader.FaultOfWhole(element, $"Two shares of 'split' are called '{name}'.", "Give one of them another 'name'.");
        return new() { Name = name, BasisPoints = points, Version = version, Tags = tags, Labels = labels };
    }

    private static SplitKey Key(DocumentReader reader, DocumentNode root)
    {
        if (reader.Text(root, "splitBy") is not { } text || !root.TryGet("splitBy", out var node))
            return SplitKey.Random;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (word, name) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..].Trim());
        foreach (var kind in Enum.GetValues<SplitKeyKind>())
        {
            var isNamed = kind is SplitKeyKind.Header or SplitKeyKind.Cookie or SplitKeyKind.Query;
            if (SplitKey.Word(kind) == word && isNamed == name.Length > 0)
                return new(kind, name);
        }

        reader.Fault(node, $"'splitBy' is '{text}'.", "Write random, address, header:NAME, cookie:NAME or query:NAME.");
        return SplitKey.Random;
    }

    private static List<FailoverStep> Steps(DocumentReader reader, DocumentNode root)
    {
        var steps = new List<FailoverStep>();
        foreach (var (text, node) in reader.Texts(root, "failover"))
        {
            if (Step(text) is not { } step)
                reader.Fault(node, $"'{node.Path}' is '{text}'.", "Write own-zone, own-region, zone:NAME, region:NAME or any.");
            else if (steps.Contains(step))
                reader.Fault(node, $"'failover' names '{step}' twice.", "Keep it at the place where it should be tried.");
            else if (steps.Contains(FailoverStep.Any))
                reader.Fault(node, $"'{step}' of 'failover' is never reached: 'any' before it takes every instance.", "Write 'any' last.");
            else
                steps.Add(step);
        }

        if (steps.Count > StepsMax && root.TryGet("failover", out var all))
            reader.Fault(all, $"'failover' has {steps.Count} steps.", $"At most {StepsMax} are allowed.");
        return steps;
    }

    private static FailoverStep? Step(string text) => text switch
    {
        "own-zone" => new(FailoverKind.OwnZone),
        "own-region" => new(FailoverKind.OwnRegion),
        "any" => FailoverStep.Any,
        _ when text.StartsWith("zone:", StringComparison.Ordinal) && text.Length > 5 => new(FailoverKind.Zone, text[5..].Trim()),
        _ when text.StartsWith("region:", StringComparison.Ordinal) && text.Length > 7 => new(FailoverKind.Region, text[7..].Trim()),
        _ => null,
    };

    private static Dictionary<string, string> Maintenance(DocumentReader reader, DocumentNode root)
    {
        var zones = Pairs(reader, root, "maintenance");
        if (zones.Count > ZonesMax && root.TryGet("maintenance", out var node))
            reader.Fault(node, $"'maintenance' names {zones.Count} zones.", $"At most {ZonesMax} are allowed.");
        return zones;
    }

    private static Dictionary<string, string> Pairs(DocumentReader reader, DocumentNode parent, string name)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!parent.TryGet(name, out var node))
            return pairs;
        if (reader.TextOf(node) is not null)
            reader.Fault(node, $"'{node.Path}' is '{node.Value}'.", name == "maintenance" ? "Write each zone with the reason: 'eu-1: new switches'." : "Write each label with its value: 'track: canary'.");
        foreach (var (key, leaf) in node.Leaves())
            pairs[key] = leaf.Value!.Trim();
        return pairs;
    }
}
