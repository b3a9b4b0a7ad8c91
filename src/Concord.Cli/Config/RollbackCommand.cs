using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

internal sealed class RollbackCommand : CliCommand
{
    private readonly Argument<ReleaseTarget[]> _targets = ConfigArguments.Targets(
        required: false, "; without any, whatever that release and those after it touched");

    private readonly Option<long?> _to = NumberOption.Create("--to", "RELEASE", "The release to go back to", min: 1);
    private readonly PublishArguments _publish = new();

    public RollbackCommand()
        : base("rollback", "Publish again what was published after an earlier release. It becomes a new release; history stays.")
    {
        _to.Required = true;
        Add(_targets);
        Add(_to);
        _publish.AddTo(this);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "concord config rollback orders/prod --to 11 --dry-run",
        "concord config rollback orders/prod --to 11 -m 'Discount was wrong'",
    ];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var to = call.Get(_to)!.Value;
        var result = await call.Client.Configs.RollbackAsync(
            to, call.GetOptional(_targets) ?? [], _publish.Options(call), stop);
        PublishReport.Write(call, result, $"Release {result.Release} is published: back to what release {to} left.");
        return ExitCode.Ok;
    }
}
