using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

internal sealed class DiffCommand : CliCommand
{
    private readonly Argument<ReleaseTarget[]> _targets = ConfigArguments.Targets(
        required: false, "; without any, everything that has a draft (with --from: everything)");

    private readonly Option<long?> _from = NumberOption.Create(
        "--from", "RELEASE", "Compare what was published after this release instead of the drafts");

    private readonly Option<long?> _to = NumberOption.Create(
        "--to", "RELEASE", "With --from: against this release; the newest unless given", min: 1);

    private readonly Option<bool> _exitCode = new("--exit-code")
    {
        Description = "End with 7 if there are differences, 0 if there are none",
    };

    public DiffCommand()
        : base("diff", "Show what publishing the drafts would change, or how two releases differ.")
    {
        Add(_targets);
        Add(_from);
        Add(_to);
        Add(_exitCode);
        Add(OutputOption.TableOrJson());
        Validators.Add(result =>
        {
            if (result.GetResult(_to) is not null && result.GetResult(_from) is null)
                result.AddError("--to needs --from: name both releases to compare");
        });
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "concord config diff",
        "concord config diff orders/prod",
        "concord config diff orders/prod --from 3 --to 5",
    ];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var diff = await CompareAsync(call, stop);
        if (call.WantsJson)
        {
            call.WriteJson(diff, OutputJson.Pretty.ConfigurationDiff);
        }
        else if (diff.IsEmpty)
        {
            call.Screen.Line("No differences.");
        }
        else
        {
            ChangeList.Write(call.Screen, diff);
            call.Screen.Line(Ink.Dim(ChangeList.Summary(diff)));
        }

        return call.Get(_exitCode) && !diff.IsEmpty ? ExitCode.Differences : ExitCode.Ok;
    }

    private async Task<ConfigurationDiff> CompareAsync(Invocation call, CancellationToken stop)
    {
        var configs = call.Client.Configs;
        IReadOnlyList<ReleaseTarget> targets = call.GetOptional(_targets) ?? [];
        if (call.Get(_from) is { } from)
        {
            if (targets.Count == 0)
                targets = await EverythingAsync(configs, stop);
            return await configs.DiffReleasesAsync(targets, from, call.Get(_to) ?? 0, stop);
        }

        if (targets.Count == 0)
            targets = await TargetsWithDrafts.FindAsync(configs, stop);
        return targets.Count == 0
            ? new() { Changes = [], TextOnly = [] }
            : await configs.DiffDraftsAsync(targets, stop);
    }

    private static async Task<IReadOnlyList<ReleaseTarget>> EverythingAsync(ConfigsClient configs, CancellationToken stop) =>
    [
        .. from application in await configs.ListApplicationsAsync(stop)
           from environment in application.Environments
           select new ReleaseTarget(application.Name, environment.Name),
    ];
}
