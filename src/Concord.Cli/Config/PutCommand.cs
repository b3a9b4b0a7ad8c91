using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

internal sealed class PutCommand : CliCommand
{
    private readonly Argument<ConfigurationPath> _path = ConfigArguments.Path();
    private readonly Argument<Dictionary<string, string>> _settings = new("KEY=VALUE")
    {
        Description = "Keys to set, in ':' or '.' form; the others stay",
        Arity = ArgumentArity.ZeroOrMore,
        CustomParser = result => ConfigArguments.ParsePairs(result, "KEY=VALUE"),
    };

    private readonly Option<string?> _file = new("--file", "-f")
    {
        HelpName = "FILE",
        Description = "Replace the whole document by this file; - is standard input",
    };

    private readonly Option<DocumentFormat> _format = DocumentFiles.FormatOption(
        "How the document is written; by the file's extension unless given. With KEY=VALUE: the format of a new configuration");

    public PutCommand()
        : base("put", "Write to a draft. Nothing reaches a service before 'concord config publish'.")
    {
        Add(_path);
        Add(_settings);
        Add(_file);
        Add(_format);
        Add(OutputOption.TableOrJson());
        Validators.Add(result =>
        {
            var hasSettings = result.GetResult(_settings) is { Tokens.Count: > 0 };
            var hasFile = result.GetResult(_file) is not null;
            if (hasSettings && hasFile)
                result.AddError("give either KEY=VALUE or --file, not both");
            if (!hasSettings && !hasFile)
                result.AddError("give what to write: KEY=VALUE … or --file FILE");
        });
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "concord config put orders/prod pricing:discount=10 features:fast-checkout=true",
        "concord config put orders/prod@zone=eu-1 pricing:currency=EUR",
        "concord config put orders/default --file appsettings.json",
        "cat limits.yaml | concord config put orders/prod/limits --file - --format yaml",
    ];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var path = call.Get(_path);
        if (call.Get(_file) is not { } file)
        {
            var edit = new DraftEdit { Set = call.Get(_settings), Format = call.Get(_format) };
            return await DraftReport.WriteAsync(
                call, await call.Client.Configs.EditDraftAsync(path, edit, call.Author, stop), stop);
        }

        var document = await DocumentFiles.ReadAsync(call, file, call.Get(_format), stop);
        call.Source = new(file == DocumentFiles.StandardInput ? "standard input" : file, document.Content);
        return await DraftReport.WriteAsync(
            call, await call.Client.Configs.PutDraftAsync(path, document, call.Author, stop), stop);
    }
}
