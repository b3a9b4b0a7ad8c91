using Concord.Server.Configs.Model;
using Concord.Server.Configs.Releases;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs;

/// <param name="Revision">0 for a dry run.</param>
internal sealed record ReleaseOutcome(ReleasePlan Plan, long Revision);

/// <summary>Makes releases and tells about them. Plans are made outside of the store and written by one transaction.</summary>
internal sealed class ConfigReleases(ConfigStore store, TimeProvider time, ILogger<ConfigReleases> logger)
{
    private readonly ConfigsLog _log = new(logger);

    public Task<ReleaseOutcome> PublishAsync(IReadOnlyList<ReleaseTarget> targets, string author, string message, bool dryRun, CancellationToken cancellation)
    {
        var origin = Origin(author, message);
        return WriteAsync(state => PublishPlanner.Plan(state, targets, origin), targets, origin, dryRun, cancellation);
    }

    public Task<ReleaseOutcome> RollbackAsync(long toRelease, IReadOnlyList<ReleaseTarget> targets, string author, string message, bool dryRun, CancellationToken cancellation)
    {
        var origin = Origin(author, message);
        return WriteAsync(state => RollbackPlanner.Plan(state, toRelease, targets, origin), targets, origin, dryRun, cancellation);
    }

    /// <summary>Releases, newest first, below <paramref name="before"/> (0: from the newest); one page.</summary>
    public async Task<(IReadOnlyList<(ReleaseRecord Record, long Revision)> Releases, bool More)> ListAsync(string application, string environment, int limit, long before, CancellationToken cancellation)
    {
        var state = await store.ReadToServeAsync(cancellation);
        if (limit is < 0 or > ConfigLimits.ReleasesPerPage)
        {
            throw new ConfigException(new ConfigError(ConfigErrorCode.InvalidRequest, $"{limit} is not a number of releases.", "limit", $"Ask for 1 to {ConfigLimits.ReleasesPerPage}; go on with 'before'."));
        }

        if (before < 0)
        {
            throw new ConfigException(new ConfigError(ConfigErrorCode.InvalidRequest, $"{before} is not a release.", "before", "Give the number of the last release of the page before, or 0."));
        }

        var most = limit == 0 ? 50 : limit;
        var numbers = Numbers(state, application, environment, before == 0 ? long.MaxValue : before, most + 1);
        var page = numbers.Take(most).Select(state.Release).OfType<(ReleaseRecord Record, long Revision)>()
            .Select(release => (Record: Visible(state, release.Record), release.Revision))
            .ToList();
        return (page, numbers.Count > most);
    }

    public async Task<(ReleaseRecord Record, long Revision, IReadOnlyList<KeyDifference> Changes)> GetAsync(long number, CancellationToken cancellation)
    {
        var state = await store.ReadToServeAsync(cancellation);
        var record = Visible(state, RollbackPlanner.Require(state, number, "number"));
        var changes = record.Items.SelectMany(item => Changes(state, record, item)).ToList();
        return (record, state.Release(number)!.Value.Revision, changes);
    }

    /// <summary>Published against drafts (both releases 0), or the targets after one release against after another.</summary>
    public async Task<(IReadOnlyList<KeyDifference> Changes, IReadOnlyList<ConfigPath> TextOnly)> DiffAsync(IReadOnlyList<ReleaseTarget> targets, long from, long to, CancellationToken cancellation)
    {
        var state = await store.ReadToServeAsync(cancellation);
        foreach (var target in targets)
        {
            state.Rights.RequireSome(target.Application, target.Environment);
        }

        ReleaseTarget.Check(targets, state);
        foreach (var (number, field) in ((long, string)[])[(from, "from_release"), (to, "to_release")])
        {
            if (number != 0)
            {
                RollbackPlanner.Require(state, number, field);
            }
        }

        var changes = new List<KeyDifference>();
        var textOnly = new List<ConfigPath>();
        foreach (var target in targets)
        {
            var pairs = from == 0 && to == 0 ? Drafts(state, target) : Between(state, target, from, to);
            foreach (var (path, before, after) in pairs.Where(static pair => pair.Before != pair.After).OrderBy(static pair => pair.Path.Text, StringComparer.Ordinal))
            {
                state.Rights.RequireRead(path);
                if (from == 0 && to == 0)
                {
                    state.Rights.RequireReadDraft(path);
                }

                var count = changes.Count;
                changes.AddRange(KeyDiff.Of(path, before, after));
                if (changes.Count == count)
                {
                    textOnly.Add(path);
                }
            }
        }

        return (changes, textOnly);
    }

    internal static ConfigException Contention(string what) => new(new ConfigError(
        ConfigErrorCode.Contention,
        $"{what} kept changing while this was written; {ConfigLimits.PublishAttempts} attempts were made.",
        "",
        "Try again."));

    /// <summary>Each attempt plans from a fresh state, so a change in between is seen, checked and perhaps a conflict.</summary>
    private async Task<ReleaseOutcome> WriteAsync(Func<ConfigState, ReleasePlan> makePlan, IReadOnlyList<ReleaseTarget> targets, ReleaseOrigin origin, bool dryRun, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < ConfigLimits.PublishAttempts; attempt++)
        {
            var state = await store.ReadAsync(cancellation);
            foreach (var target in targets)
            {
                state.Rights.RequirePublishSome(target);
            }

            var plan = makePlan(state);
            foreach (var path in plan.Paths)
            {
                state.Rights.RequirePublish(path);
            }

            // Who may publish what another has drafted need not be shown it.
            plan = plan with { Changes = plan.Changes.Where(change => state.Rights.MayRead(change.Path) && state.Rights.MayReadDraft(change.Path)).ToList() };

            if (dryRun)
            {
                return new(plan, 0);
            }

            if (await store.TryWriteAsync(plan.Transaction, ConfigRights.ToPublish(plan.Paths), cancellation) is { } revision)
            {
                _log.Released(plan.Number, origin.Author, plan.Paths.Count, plan.Changes.Count);
                return new(plan, revision);
            }
        }

        throw Contention("The configurations");
    }

    private ReleaseOrigin Origin(string author, string message)
    {
        var origin = ReleaseOrigin.From(author, time.GetUtcNow().ToUnixTimeMilliseconds(), message);
        return store.AuthorOf(author) is { Length: > 0 } known ? origin with { Author = known } : origin;
    }

    /// <summary>A release without what the caller may not read. That it was, and when, is no secret: numbers are global.</summary>
    private static ReleaseRecord Visible(ConfigState state, ReleaseRecord record)
    {
        var items = record.Items.Where(item => state.Rights.MayRead(item.ConfigPath)).ToList();
        return items.Count == record.Items.Count ? record
            : items.Count > 0 ? record with { Items = items }
            : record with { Items = items, Author = "", Message = "" };
    }

    private static List<long> Numbers(ConfigState state, string application, string environment, long before, int most)
    {
        if (application.Length == 0 && environment.Length == 0)
        {
            return state.Newest(ConfigKeys.ReleasesBefore(before), most).Select(ConfigKeys.NumberOf).ToList();
        }

        var app = ConfigNames.Application(application, "application");
        state.Rights.RequireSome(app, environment.Length > 0 ? ConfigNames.Environment(environment, "environment") : null);
        if (environment.Length > 0)
        {
            var env = ConfigNames.Environment(environment, "environment");
            Known.RequireEnvironment(state, app, env, "");
            return state.Newest(ConfigKeys.HistoryBefore(app, env, before), most).Select(ConfigKeys.NumberOf).ToList();
        }

        Known.RequireApplication(state, app, "");
        return state.Environments(app)
            .SelectMany(env => state.Newest(ConfigKeys.HistoryBefore(app, env, before), most).Select(ConfigKeys.NumberOf))
            .Distinct().OrderDescending().Take(most).ToList();
    }

    private static IEnumerable<KeyDifference> Changes(ConfigState state, ReleaseRecord record, ReleaseItem item)
    {
        var path = item.ConfigPath;
        var before = item.PreviousRelease == 0 ? null : state.Document(path, item.PreviousRelease);
        return KeyDiff.Of(path, before, state.Document(path, record.Number));
    }

    private static IEnumerable<(ConfigPath Path, Documents.ConfigDocument? Before, Documents.ConfigDocument? After)> Drafts(ConfigState state, ReleaseTarget target) =>
        state.Drafts(target.Application, target.Environment).Where(draft => target.Includes(draft.Path))
            .Select(draft => (draft.Path, state.Head(draft.Path) is { } head ? state.Document(head) : null, draft.Record.Document));

    private static IEnumerable<(ConfigPath Path, Documents.ConfigDocument? Before, Documents.ConfigDocument? After)> Between(ConfigState state, ReleaseTarget target, long from, long to) =>
        state.Heads(target.Application, target.Environment).Where(head => target.Includes(head.Path))
            .Select(head => (head.Path, Before: After(state, head, from), After: After(state, head, to)));

    private static Documents.ConfigDocument? After(ConfigState state, PublishedHead head, long release) =>
        release == 0 ? state.Document(head) : state.At(head.Path, release).Document;
}
