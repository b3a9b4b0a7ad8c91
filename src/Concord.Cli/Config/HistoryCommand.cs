using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

internal sealed class HistoryCommand : CliCommand
{
    private readonly Argument<Scope> _scope = ConfigArguments.Scope();
    private readonly Option<long?> _limit = NumberOption.Create("--limit", "COUNT", "At most this many releases. Default: 20", min: 1);
    private readonly Option<long?> _before = NumberOption.Create("--before", "RELEASE", "Only releases older than this one", min: 1);

    public HistoryCommand()
        : base("history", "List releases, newest first.")
    {
        Add(_scope);
        Add(_limit);
        Add(_before);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord config history orders/prod", "concord config history orders --limit 5 -o json"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var scope = call.GetOptional(_scope);
        var page = await call.Client.Configs.ListReleasesAsync(
            scope.Application, scope.Environment, (int)Math.Min(call.Get(_limit) ?? 20, int.MaxValue), call.Get(_before) ?? 0, stop);
        if (call.WantsJson)
            call.WriteJson(page, OutputJson.Pretty.ReleasePage);
        else if (page.Releases.Count == 0)
            call.Screen.Line("No releases.");
        else
            Write(call, page);
        return ExitCode.Ok;
    }

    private static void Write(Invocation call, ReleasePage page)
    {
        var table = new TableView(
            new("RELEASE", KeepWidth: true, Right: true), new("TIME", KeepWidth: true), new("AUTHOR"), new("MESSAGE"), new("CONFIGURATIONS"));
        foreach (var release in page.Releases)
        {
            table.Row(
                Ink.Strong($"{release.Number}"),
                Moment.Local(release.Time, call.Host.Time),
                Visible.Of(release.Author),
                Visible.Of(release.RollbackTo is { } to ? $"{release.Message} (back to {to})" : release.Message),
                string.Join(' ', release.Items.Select(item => item.Removed ? $"-{item.Path}" : item.Path.ToString())));
        }

        call.Screen.Table(table);
        if (page.More)
            call.Screen.Hint($"Older ones:  --before {page.Releases[^1].Number}");
    }
}
