using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

internal sealed class DeleteCommand : CliCommand
{
    private readonly Argument<ConfigurationPath> _path = ConfigArguments.Path();

    public DeleteCommand()
        : base("delete", "Make a draft that withdraws a whole configuration when it is published.")
    {
        Add(_path);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord config delete orders/prod@zone=eu-1"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var draft = await call.Client.Configs.PutDraftAsync(call.Get(_path), document: null, call.Author, stop);
        return await DraftReport.WriteAsync(call, draft, stop);
    }
}
