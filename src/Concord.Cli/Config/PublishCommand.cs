using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

internal sealed class PublishCommand : CliCommand
{
    private readonly Argument<ReleaseTarget[]> _targets = ConfigArguments.Targets(required: true);
    private readonly PublishArguments _publish = new();
    private readonly Option<long?> _expect = NumberOption.Create(
        "--expect",
        "RELEASE",
        "The newest release of these targets that you know (0: none): if another one was published since, nothing happens and the exit code is 3");

    public PublishCommand()
        : base("publish", "Turn drafts into one release: all of them or none. Running services get it at once.")
    {
        Add(_targets);
        _publish.AddTo(this);
        Add(_expect);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "concord config publish orders/prod --dry-run",
        "concord config publish orders/prod -m 'Ten percent off'",
        "concord config publish orders/prod billing/prod -m 'New currency' --expect 12",
    ];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var expected = call.Get(_expect);
        var targets = call.Get(_targets).Select(target => target with { ExpectedRelease = expected });
        var result = await call.Client.Configs.PublishAsync(targets, _publish.Options(call), stop);
        PublishReport.Write(call, result, $"Release {result.Release} is published.");
        return ExitCode.Ok;
    }
}
