using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

internal sealed class UnsetCommand : CliCommand
{
    private readonly Argument<ConfigurationPath> _path = ConfigArguments.Path();
    private readonly Argument<string[]> _keys = new("KEY")
    {
        Description = "Keys to remove, in ':' or '.' form",
        Arity = ArgumentArity.OneOrMore,
    };

    public UnsetCommand()
        : base("unset", "Remove keys from a draft.")
    {
        Add(_path);
        Add(_keys);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord config unset orders/prod pricing:discount"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var edit = new DraftEdit { Remove = call.Get(_keys) };
        var draft = await call.Client.Configs.EditDraftAsync(call.Get(_path), edit, call.Author, stop);
        return await DraftReport.WriteAsync(call, draft, stop);
    }
}
