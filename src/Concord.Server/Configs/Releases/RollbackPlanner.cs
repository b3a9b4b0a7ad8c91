using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Releases;

/// <summary>
/// Plans a release that brings back what the targets were after an earlier one; what did not exist then is removed.
/// History stays: the rollback is a release of its own and can itself be rolled back. Drafts stay.
/// </summary>
internal static class RollbackPlanner
{
    /// <param name="targets">Empty is everything that <paramref name="toRelease"/> and the releases after it touched.</param>
    /// <exception cref="ConfigException">There is no such release, or nothing would change.</exception>
    public static ReleasePlan Plan(ConfigState state, long toRelease, IReadOnlyList<ReleaseTarget> targets, ReleaseOrigin origin)
    {
        var (last, _) = state.LastRelease();
        Require(state, toRelease, "to_release");
        if (targets.Count == 0)
        {
            targets = TouchedSince(state, toRelease, last);
        }

        ReleaseTarget.Check(targets, state);
        var steps = targets
            .SelectMany(target => state.Heads(target.Application, target.Environment).Where(head => target.Includes(head.Path) && head.Release > toRelease))
            .DistinctBy(static head => head.Path)
            .Select(head => Step(state, head, toRelease))
            .OfType<ReleaseStep>()
            .OrderBy(static step => step.Path.Text, StringComparer.Ordinal)
            .ToList();
        if (steps.Count == 0)
        {
            throw PublishPlanner.Nothing($"{string.Join(", ", targets)} did not change after release {toRelease}.", "Choose an earlier release, or other targets (see the history).");
        }

        ReleaseCheck.Check(state, steps);
        return ReleasePlan.Of(state, steps, [], origin, toRelease);
    }

    public static ReleaseRecord Require(ConfigState state, long number, string field)
    {
        var (last, _) = state.LastRelease();
        return state.Release(number)?.Record ?? throw new ConfigException(new ConfigError(
            ConfigErrorCode.UnknownRelease,
            $"There is no release {number}.",
            field,
            last == 0 ? "Nothing was released yet." : $"Releases go from 1 to {last}."));
    }

    /// <summary>Applications in environments that the releases from one on touched.</summary>
    private static List<ReleaseTarget> TouchedSince(ConfigState state, long from, long to)
    {
        var touched = new SortedSet<(string, string)>();
        for (var number = from; number <= to; number++)
        {
            foreach (var path in state.Release(number)?.Record.Items.Select(static item => item.ConfigPath) ?? [])
            {
                touched.Add((path.Application, path.Environment));
            }

            if (touched.Count > ConfigLimits.TargetsPerRelease)
            {
                throw new ConfigException(new ConfigError(ConfigErrorCode.TooLarge, $"The releases from {from} on touched more than {ConfigLimits.TargetsPerRelease} environments.", "targets", "Name the targets to roll back."));
            }
        }

        return touched.Select(static scope => new ReleaseTarget(scope.Item1, scope.Item2, null, Labels.Empty, null)).ToList();
    }

    private static ReleaseStep? Step(ConfigState state, PublishedHead head, long toRelease)
    {
        var before = state.Document(head);
        var (touched, after) = state.At(head.Path, toRelease);
        if (before == after)
        {
            return null;
        }

        ReleaseContent content = after is null ? new ReleaseContent.Removed() : new ReleaseContent.Reference(state.Origin(head.Path, touched));
        return new(head.Path, (head.Release, before), after, content, null);
    }
}
