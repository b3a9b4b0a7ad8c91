namespace Concord.Extensions.Following;

/// <summary>What <c>builder.AddConcord()</c> was told about this process: other parts go by it where they are told nothing else.</summary>
internal sealed record ConfiguredPlace(string Environment, IReadOnlyDictionary<string, string> Labels)
{
    public static ConfiguredPlace Of(FollowerSettings settings) => new(settings.View.Environment, settings.View.Labels);
}
