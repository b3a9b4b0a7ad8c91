using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Releases;

/// <summary>Which configurations of an application in an environment a publish, a rollback or a diff is about.</summary>
/// <param name="Name">Null is every configuration there, with its overlays.</param>
/// <param name="Selector">With a name: that overlay, or the plain configuration when empty.</param>
/// <param name="ExpectedRelease">The newest release of the environment that the caller knows; null is no check.</param>
internal sealed record ReleaseTarget(string Application, string Environment, string? Name, Labels Selector, long? ExpectedRelease)
{
    /// <summary>Checks a target as it came. Labels without a name mean the overlay of the default name.</summary>
    /// <exception cref="ConfigException">A part is not valid.</exception>
    public static ReleaseTarget From(string application, string environment, string name, IEnumerable<KeyValuePair<string, string>> selector, long? expectedRelease)
    {
        var labels = Labels.From(selector, "targets.selector");
        return new(
            ConfigNames.Application(application, "targets.application"),
            ConfigNames.Environment(environment, "targets.environment"),
            name.Length == 0 && labels.IsEmpty ? null : ConfigNames.Name(name, "targets.name"),
            labels,
            expectedRelease);
    }

    public bool Includes(ConfigPath path) => path.Application == Application && path.Environment == Environment
        && (Name is null || (path.Name == Name && path.Selector.Equals(Selector)));

    public override string ToString() => Name is null ? $"{Application}/{Environment}" : new ConfigPath(Application, Environment, Name, Selector).Text;

    /// <summary>Checks what the caller expected, for all targets, before anything else is looked at.</summary>
    public static void Check(IReadOnlyList<ReleaseTarget> targets, ConfigState state)
    {
        if (targets.Count is 0 or > ConfigLimits.TargetsPerRelease)
        {
            throw new ConfigException(targets.Count == 0
                ? new ConfigError(ConfigErrorCode.InvalidRequest, "There is no target.", "targets", "Name at least one application and environment.")
                : new ConfigError(ConfigErrorCode.TooLarge, $"{targets.Count} targets; at most {ConfigLimits.TargetsPerRelease} are allowed.", "targets", "Publish in several releases."));
        }

        foreach (var target in targets)
        {
            Known.RequireEnvironment(state, target.Application, target.Environment, "targets");
            var actual = state.LastRelease(target.Application, target.Environment);
            if (target.ExpectedRelease is { } expected && expected != actual)
            {
                throw new ConfigException(new ConfigError(
                    ConfigErrorCode.Conflict,
                    actual == 0
                        ? $"{target.Application}/{target.Environment} was never published, but release {expected} was expected."
                        : $"{target.Application}/{target.Environment} is at release {actual}{By(state, actual)}, but release {expected} was expected.",
                    "targets.expected_release",
                    actual == 0 ? "Expect 0 for the first release." : $"Look at what changed (diff from {expected} to {actual}), then publish with expected release {actual}.")
                {
                    ExpectedRelease = expected,
                    ActualRelease = actual,
                });
            }
        }
    }

    private static string By(ConfigState state, long release) => state.Release(release) is { } found
        ? $" by {found.Record.Author}{(found.Record.Message.Length > 0 ? $" ('{ConfigNames.Shorten(found.Record.Message)}')" : "")}"
        : "";
}
