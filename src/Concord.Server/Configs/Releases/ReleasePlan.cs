using System.Globalization;
using System.Text;
using Concord.Mvcc;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Releases;

/// <summary>Who releases, when and why.</summary>
internal sealed record ReleaseOrigin(string Author, long TimeUnixMs, string Message)
{
    public static ReleaseOrigin From(string author, long timeUnixMs, string message)
    {
        CheckLength(author, ConfigLimits.AuthorCharacters, "author");
        CheckLength(message, ConfigLimits.MessageCharacters, "message");
        return new(author.Length == 0 ? "anonymous" : author, timeUnixMs, message);
    }

    public static void CheckLength(string text, int charactersMax, string field)
    {
        if (text.Length > charactersMax)
        {
            throw new ConfigException(new ConfigError(ConfigErrorCode.TooLarge, $"The {field} has {text.Length} characters; at most {charactersMax} are allowed.", field, "Shorten it."));
        }
    }
}

/// <summary>What a release makes of one configuration.</summary>
/// <param name="Before">The release and document that it replaces; 0 and null if there is none.</param>
/// <param name="Content">What is written for it.</param>
/// <param name="DraftRevision">The draft that it uses up, as it was read; null for a rollback.</param>
internal sealed record ReleaseStep(ConfigPath Path, (long Release, ConfigDocument? Document) Before, ConfigDocument? After, ReleaseContent Content, long? DraftRevision);

/// <summary>
/// A release that is ready to be written: what changes, and the one transaction that makes it so or does nothing.
/// </summary>
internal sealed record ReleasePlan
{
    public required long Number { get; init; }

    /// <summary>The configurations that it touches.</summary>
    public required IReadOnlyList<ConfigPath> Paths { get; init; }

    public required IReadOnlyList<KeyDifference> Changes { get; init; }

    public required IReadOnlyList<ConfigPath> TextOnly { get; init; }

    public required TransactionOperation Transaction { get; init; }

    /// <param name="unchangedDrafts">Drafts that equal what is published: they go away with the release.</param>
    public static ReleasePlan Of(ConfigState state, IReadOnlyList<ReleaseStep> steps, IReadOnlyList<StoredDraft> unchangedDrafts, ReleaseOrigin origin, long rollbackTo)
    {
        var (last, counterRevision) = state.LastRelease();
        var changes = new List<KeyDifference>();
        var textOnly = new List<ConfigPath>();
        foreach (var step in steps)
        {
            var before = changes.Count;
            changes.AddRange(KeyDiff.Of(step.Path, step.Before.Document, step.After));
            if (changes.Count == before)
            {
                textOnly.Add(step.Path);
            }
        }

        return new()
        {
            Number = last + 1,
            Paths = steps.Select(static step => step.Path).ToList(),
            Changes = changes,
            TextOnly = textOnly,
            Transaction = Write(last + 1, counterRevision, steps, unchangedDrafts, origin, rollbackTo),
        };
    }

    /// <summary>
    /// Every release writes the counter, so comparing its revision stands for comparing every head, content and import
    /// that the plan was made from. Drafts change between releases; those that are used up are compared one by one.
    /// </summary>
    private static TransactionOperation Write(long number, long counterRevision, IReadOnlyList<ReleaseStep> steps, IReadOnlyList<StoredDraft> unchangedDrafts, ReleaseOrigin origin, long rollbackTo)
    {
        var comparisons = new List<Comparison> { At(ConfigKeys.Counter, counterRevision) };
        var writes = new List<Operation>
        {
            new PutOperation(ConfigKeys.Counter, Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture))),
            new PutOperation(ConfigKeys.Release(number), Records.Encode(new ReleaseRecord(number, origin.Author, origin.TimeUnixMs, origin.Message, rollbackTo, steps.Select(Item).ToList()))),
        };
        foreach (var step in steps)
        {
            writes.Add(new PutOperation(ConfigKeys.Content(step.Path, number), step.Content.Encode()));
            writes.Add(new PutOperation(ConfigKeys.Head(step.Path), Records.Encode(new ConfigHead(number, step.After?.Format ?? default, step.After is null))));
            if (step.DraftRevision is { } revision)
            {
                comparisons.Add(At(ConfigKeys.Draft(step.Path), revision));
                writes.Add(new DeleteOperation(KeyRange.Single(ConfigKeys.Draft(step.Path))));
            }
        }

        foreach (var (application, environment) in steps.Select(static step => (step.Path.Application, step.Path.Environment)).Distinct())
        {
            writes.Add(new PutOperation(ConfigKeys.History(application, environment, number), default));
        }

        foreach (var draft in unchangedDrafts)
        {
            comparisons.Add(At(ConfigKeys.Draft(draft.Path), draft.Revision));
            writes.Add(new DeleteOperation(KeyRange.Single(ConfigKeys.Draft(draft.Path))));
        }

        return new(comparisons, writes, []);
    }

    private static ReleaseItem Item(ReleaseStep step) =>
        new(step.Path.Text, step.After?.Format ?? default, step.After is null, step.Before.Release);

    internal static Comparison At(ReadOnlyMemory<byte> key, long revision) =>
        new(KeyRange.Single(key), ComparisonTarget.ModRevision, ComparisonResult.Equal) { Number = revision };
}
