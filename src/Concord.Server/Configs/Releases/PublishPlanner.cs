using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Releases;

/// <summary>Plans a release of drafts: <c>targets + state → transaction</c>. Pure; writes nothing.</summary>
internal static class PublishPlanner
{
    /// <exception cref="ConfigException">The drafts cannot become a release; the error says why and what to do.</exception>
    public static ReleasePlan Plan(ConfigState state, IReadOnlyList<ReleaseTarget> targets, ReleaseOrigin origin)
    {
        ReleaseTarget.Check(targets, state);
        var drafts = targets.SelectMany(target => DraftsOf(state, target)).DistinctBy(static draft => draft.Path).OrderBy(static draft => draft.Path.Text, StringComparer.Ordinal).ToList();
        CheckSize(drafts);
        var steps = new List<ReleaseStep>();
        var unchanged = new List<StoredDraft>();
        foreach (var draft in drafts)
        {
            var head = state.Head(draft.Path);
            CheckBase(state, draft, head);
            var before = head is null ? null : state.Document(head);
            if (before == draft.Record.Document)
            {
                unchanged.Add(draft);
                continue;
            }

            var after = draft.Record.Document;
            ReleaseContent content = after is null ? new ReleaseContent.Removed() : new ReleaseContent.Written(after);
            steps.Add(new(draft.Path, (head?.Release ?? 0, before), after, content, draft.Revision));
        }

        if (steps.Count == 0)
        {
            throw Nothing($"The drafts of {string.Join(", ", targets)} equal what is published.", "Change something, or discard the drafts.");
        }

        ReleaseCheck.Check(state, steps);
        return ReleasePlan.Of(state, steps, unchanged, origin, rollbackTo: 0);
    }

    private static List<StoredDraft> DraftsOf(ConfigState state, ReleaseTarget target)
    {
        var drafts = state.Drafts(target.Application, target.Environment).Where(draft => target.Includes(draft.Path)).ToList();
        if (drafts.Count > 0)
        {
            return drafts;
        }

        var path = target.Name is null ? null : new ConfigPath(target.Application, target.Environment, target.Name, target.Selector);
        throw path is not null && state.Head(path) is null
            ? Known.Configuration(state, path, "targets")
            : Nothing($"{target} has no draft.", $"Edit it first, such as 'concord config put {target} KEY=VALUE'.");
    }

    /// <summary>
    /// A draft that was begun on an older release would silently undo the newer one (a rollback, say) in whatever the
    /// two have in common.
    /// </summary>
    private static void CheckBase(ConfigState state, StoredDraft draft, PublishedHead? head)
    {
        var actual = head?.Release ?? 0;
        if (draft.Record.BaseRelease != actual)
        {
            var author = state.Release(actual)?.Record.Author;
            throw new ConfigException(new ConfigError(
                ConfigErrorCode.Conflict,
                $"The draft of {draft.Path} by {draft.Record.Author} was begun on release {draft.Record.BaseRelease}, but release {actual}{(author is null ? "" : $" by {author}")} is published.",
                "targets",
                "Compare the two (diff), then put the draft's document again, or discard the draft and edit anew.")
            {
                ExpectedRelease = draft.Record.BaseRelease,
                ActualRelease = actual,
                Path = draft.Path,
            });
        }
    }

    private static void CheckSize(List<StoredDraft> drafts)
    {
        var bytes = drafts.Sum(static draft => (long)KeyText.Bytes(draft.Record.Content ?? ""));
        if (drafts.Count > ConfigLimits.TargetsPerRelease || bytes > ConfigLimits.ReleaseBytes)
        {
            throw new ConfigException(new ConfigError(
                ConfigErrorCode.TooLarge,
                $"{drafts.Count} drafts with {bytes} bytes; one release takes {ConfigLimits.TargetsPerRelease} with {ConfigLimits.ReleaseBytes} bytes.",
                "targets",
                "Publish in several releases: name fewer targets."));
        }
    }

    internal static ConfigException Nothing(string message, string remedy) =>
        new(new ConfigError(ConfigErrorCode.NothingToPublish, message, "targets", remedy));
}
