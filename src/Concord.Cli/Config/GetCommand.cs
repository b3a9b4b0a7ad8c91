using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

internal sealed class GetCommand : CliCommand
{
    private readonly Argument<ConfigurationView> _view = ConfigArguments.View();
    private readonly Argument<string?> _key = new("KEY")
    {
        Description = "Only this key and those below it, in ':' or '.' form",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<Dictionary<string, string>> _labels = ConfigArguments.Labels();
    private readonly OutputOption _output = new(
        OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml, OutputFormat.Properties, OutputFormat.Value)
    {
        Description = "How to print: table for eyes; json, yaml or properties as the document that the service sees; value for the bare value of KEY",
    };

    public GetCommand()
        : base("get", "Show the effective configuration: all layers merged, as an instance gets it.")
    {
        Add(_view);
        Add(_key);
        Add(_labels);
        Add(_output);
        Validators.Add(result =>
        {
            var output = result.GetResult(_output)?.Tokens.SingleOrDefault()?.Value;
            var hasKey = result.GetResult(_key) is { Tokens.Count: > 0 };
            if (output == "value" && !hasKey)
                result.AddError("-o value prints one value: name its KEY");
            if (output == "yaml" && hasKey)
                result.AddError("-o yaml prints the whole document: leave KEY out, or use -o json");
        });
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "concord config get orders/prod",
        "concord config get orders/prod --label zone=eu-1 -o yaml",
        "concord config get orders/prod pricing:discount -o value",
        "concord config get orders/prod pricing -o json",
    ];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var view = call.Get(_view).With(call.Get(_labels));
        var format = call.Get(_output);
        var snapshot = await call.Client.Configs.GetEffectiveAsync(view, RenderOf(format), stop);
        var settings = Settings.Below(snapshot.Settings, call.GetOptional(_key));
        switch (format)
        {
            case OutputFormat.Value:
                WriteValue(call, settings);
                break;
            case OutputFormat.Json:
                RenderedDocument.WriteJson(call.Host.Out, snapshot.Rendered, settings);
                break;
            case OutputFormat.Yaml:
                RenderedDocument.WriteText(call.Host.Out, snapshot.Rendered);
                break;
            case OutputFormat.Properties when settings.Key is null:
                RenderedDocument.WriteText(call.Host.Out, snapshot.Rendered);
                break;
            case OutputFormat.Properties:
                Properties.Write(call.Host.Out, settings.Pairs);
                break;
            default:
                WriteTable(call, snapshot, settings);
                break;
        }

        foreach (var problem in snapshot.Problems)
            call.ErrorScreen.Line(new Ink("warning: ", Palette.Warning), Visible.Of(problem));
        return ExitCode.Ok;
    }

    private static DocumentFormat RenderOf(OutputFormat format) => format switch
    {
        OutputFormat.Json => DocumentFormat.Json,
        OutputFormat.Yaml => DocumentFormat.Yaml,
        OutputFormat.Properties => DocumentFormat.Properties,
        _ => DocumentFormat.Unspecified,
    };

    private static void WriteValue(Invocation call, Settings settings)
    {
        var exact = settings.Pairs.Where(pair => pair.Key.Equals(settings.Key, StringComparison.OrdinalIgnoreCase)).ToList();
        if (exact.Count == 0)
        {
            throw new CommandException(
                ExitCode.NotFound,
                $"'{settings.Key}' has no value of its own, only keys below it.",
                $"Name one of them, such as {settings.Pairs[0].Key}, or leave -o value out.");
        }

        call.Host.Out.Write(exact[0].Value);
        call.Host.Out.Write('\n');
    }

    private static void WriteTable(Invocation call, ConfigurationSnapshot snapshot, Settings settings)
    {
        var table = new TableView(new("KEY"), new("VALUE"));
        foreach (var (key, value) in settings.Pairs)
            table.Row(new Ink(Visible.Of(key), Palette.Name), Visible.Of(value));
        if (table.Count == 0)
            call.Screen.Line("No settings.");
        else
            call.Screen.Table(table);
        call.Screen.Hint($"release {snapshot.Release}, revision {snapshot.Revision}");
    }
}
