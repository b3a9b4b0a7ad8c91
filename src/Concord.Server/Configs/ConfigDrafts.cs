using Concord.Mvcc;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Editing;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Releases;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs;

/// <summary>Edits what the next release will bring. A draft is well-formed from the moment it is put.</summary>
internal sealed class ConfigDrafts(ConfigStore store, TimeProvider time)
{
    /// <summary>Replaces the whole document; the draft then stands on the newest release.</summary>
    /// <param name="document">Null makes a draft that removes the configuration.</param>
    public Task<StoredDraft> PutAsync(ConfigPath path, ConfigDocument? document, string author, CancellationToken cancellation)
    {
        if (document is not null)
        {
            Check(path, document);
        }

        return WriteAsync(path, author, (state, head) =>
        {
            if (document is null && head is not { Removed: false })
            {
                throw head is null && state.Draft(path) is null
                    ? Known.Configuration(state, path, "id")
                    : PublishPlanner.Nothing($"{path} is not published, so there is nothing to remove.", "Discard its draft instead.");
            }

            return new(document?.Format ?? head!.Format, document?.Content, document is null, author, 0, head?.Release ?? 0);
        }, cancellation);
    }

    /// <summary>Sets and removes keys of the draft, or of what is published when there is no draft.</summary>
    /// <param name="format">Of a configuration that does not exist yet; null is .properties.</param>
    public Task<StoredDraft> EditAsync(ConfigPath path, IReadOnlyCollection<KeyValuePair<string, string>> set, IReadOnlyCollection<string> remove, ConfigFormat? format, string author, CancellationToken cancellation)
    {
        if (set.Count + remove.Count == 0)
        {
            throw new ConfigException(new ConfigError(ConfigErrorCode.InvalidRequest, "The edit names no key.", "set", "Give keys to set or to remove."));
        }

        return WriteAsync(path, author, (state, head) =>
        {
            var draft = state.Draft(path)?.Record;
            if (draft is not null)
            {
                state.Rights.RequireReadDraft(path);
            }
            else if (head is not null)
            {
                // What is edited is what is published, and the caller gets it back.
                state.Rights.RequireRead(path);
            }

            var start = draft?.Document ?? (head is null || draft is { Removes: true } ? null : state.Document(head)) ?? new ConfigDocument(format ?? ConfigFormat.Properties, "");
            var document = DocumentEditor.Edit(start, path.Name, set, remove);
            Check(path, document);
            return new(document.Format, document.Content, false, author, 0, draft?.BaseRelease ?? head?.Release ?? 0);
        }, cancellation);
    }

    /// <summary>False if there was no draft.</summary>
    public async Task<bool> DiscardAsync(ConfigPath path, CancellationToken cancellation)
    {
        var state = await store.ReadAsync(cancellation);
        state.Rights.RequireEdit(path);
        if (state.Draft(path) is null)
        {
            return state.Head(path) is null ? throw Known.Configuration(state, path, "id") : false;
        }

        var result = await store.WriteAsync(new DeleteOperation(KeyRange.Single(ConfigKeys.Draft(path))), ConfigRights.ToEdit(path), cancellation);
        return result.Result is DeleteResult { Deleted: > 0 };
    }

    private static void Check(ConfigPath path, ConfigDocument document)
    {
        if (path.IsImports)
        {
            Imports.Parse(document, path.Application);
        }
        else
        {
            TrafficCheck.Layer(path, document.Parse(path.Name));
        }
    }

    /// <summary>Writes what <paramref name="make"/> makes of the state, again if someone else wrote in between.</summary>
    private async Task<StoredDraft> WriteAsync(ConfigPath path, string author, Func<ConfigState, PublishedHead?, DraftRecord> make, CancellationToken cancellation)
    {
        ReleaseOrigin.CheckLength(author, ConfigLimits.AuthorCharacters, "author");
        author = store.AuthorOf(author);
        for (var attempt = 0; attempt < ConfigLimits.PublishAttempts; attempt++)
        {
            var state = await store.ReadAsync(cancellation);
            state.Rights.RequireEdit(path);
            var head = state.Head(path);
            var draft = make(state, head) with { Author = author.Length == 0 ? "anonymous" : author, TimeUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds() };
            var key = ConfigKeys.Draft(path);
            var revision = await store.TryWriteAsync(
                new([ReleasePlan.At(key, state.Draft(path)?.Revision ?? 0), ReleasePlan.At(ConfigKeys.Head(path), head?.Revision ?? 0)], [new PutOperation(key, Records.Encode(draft))], []),
                ConfigRights.ToEdit(path),
                cancellation);
            if (revision is { } written)
            {
                return new(path, draft, written);
            }
        }

        throw ConfigReleases.Contention(path.Text);
    }
}
