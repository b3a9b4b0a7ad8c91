using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

/// <summary>The JSON form of a list of drafts.</summary>
internal sealed record DraftList(IReadOnlyList<ConfigurationDraft> Drafts);

internal sealed class DraftsCommand : CliCommand
{
    private readonly Argument<Scope> _scope = ConfigArguments.Scope();

    public DraftsCommand()
        : base("drafts", "List the edits that are not published.")
    {
        Add(_scope);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord config drafts", "concord config drafts orders/prod"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var drafts = await FindAsync(call.Client.Configs, call.GetOptional(_scope), stop);
        if (call.WantsJson)
        {
            call.WriteJson(new DraftList(drafts), OutputJson.Pretty.DraftList);
            return ExitCode.Ok;
        }

        if (drafts.Count == 0)
        {
            call.Screen.Line("No drafts.");
            return ExitCode.Ok;
        }

        var table = new TableView(
            new("CONFIGURATION"), new("BASE", KeepWidth: true, Right: true), new("EDITED", KeepWidth: true), new("AUTHOR"), new("KIND"));
        foreach (var draft in drafts)
        {
            table.Row(
                Ink.Strong(draft.Path.ToString()),
                draft.BaseRelease == 0 ? Ink.Dim("new") : $"{draft.BaseRelease}",
                Moment.Local(draft.Time, call.Host.Time),
                Visible.Of(draft.Author),
                draft.Removes ? new Ink("withdraws it", Palette.Removed) : DocumentFormats.NameOf(draft.Document!.Format));
        }

        call.Screen.Table(table);
        call.Screen.Hint("What they would change:  concord config diff");
        return ExitCode.Ok;
    }

    private static async Task<IReadOnlyList<ConfigurationDraft>> FindAsync(
        ConfigsClient configs,
        Scope scope,
        CancellationToken stop)
    {
        var drafts = new List<ConfigurationDraft>();
        foreach (var target in await TargetsWithDrafts.FindAsync(configs, stop))
        {
            if (scope.Application is not null && scope.Application != target.Application)
                continue;
            if (scope.Environment is not null && scope.Environment != target.Environment)
                continue;
            foreach (var path in await TargetsWithDrafts.PathsAsync(configs, target, stop))
            {
                // Between the two calls somebody may have published or discarded it.
                if (await configs.GetConfigurationAsync(path, cancellationToken: stop) is { Draft: { } draft })
                    drafts.Add(draft);
            }
        }

        return drafts;
    }
}
