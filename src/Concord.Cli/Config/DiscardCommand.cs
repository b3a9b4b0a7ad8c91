using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

/// <summary>The JSON form of what was thrown away.</summary>
internal sealed record DiscardedDrafts(IReadOnlyList<ConfigurationPath> Discarded);

internal sealed class DiscardCommand : CliCommand
{
    private readonly Argument<ReleaseTarget[]> _targets = ConfigArguments.Targets(required: true);

    public DiscardCommand()
        : base("discard", "Throw drafts away.")
    {
        Add(_targets);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord config discard orders/prod", "concord config discard orders/prod/limits"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        // A target that is not there stops it before anything is thrown away.
        var paths = new List<ConfigurationPath>();
        foreach (var target in call.Get(_targets))
            paths.AddRange(await TargetsWithDrafts.PathsAsync(call.Client.Configs, target, stop));
        var discarded = new List<ConfigurationPath>();
        foreach (var path in paths)
        {
            if (await call.Client.Configs.DiscardDraftAsync(path, stop))
                discarded.Add(path);
        }

        if (discarded.Count == 0)
            throw new CommandException(ExitCode.NotFound, "There is no draft to discard.", "See the drafts: concord config drafts");
        if (call.WantsJson)
        {
            call.WriteJson(new DiscardedDrafts(discarded), OutputJson.Pretty.DiscardedDrafts);
            return ExitCode.Ok;
        }

        foreach (var path in discarded)
            call.Screen.Line("Discarded the draft of ", Ink.Strong(path.ToString()));
        return ExitCode.Ok;
    }
}
