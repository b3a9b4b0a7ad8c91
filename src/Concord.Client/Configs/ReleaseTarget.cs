namespace Concord.Client.Configs;

/// <summary>
/// What a publish, difference or rollback is about: everything of an application in an environment, or one configuration.
/// </summary>
public sealed record ReleaseTarget(string Application, string Environment)
{
    /// <summary>One configuration; null is every configuration there.</summary>
    public string? Name { get; init; }

    /// <summary>The labels of the overlay that is meant; only with a <see cref="Name"/>.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// The newest release of this application in this environment that the caller knows. When another one was published
    /// since, the request fails with the code <c>conflict</c> instead of overwriting it.
    /// </summary>
    public long? ExpectedRelease { get; init; }

    public static ReleaseTarget Of(ConfigurationPath path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new(path.Application, path.Environment) { Name = path.Name, Labels = path.Labels };
    }
}
