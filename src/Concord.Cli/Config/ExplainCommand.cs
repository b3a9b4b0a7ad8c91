using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

internal sealed class ExplainCommand : CliCommand
{
    private readonly Argument<ConfigurationView> _view = ConfigArguments.View();
    private readonly Argument<string?> _key = new("KEY")
    {
        Description = "Only this key and those below it, in ':' or '.' form",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<Dictionary<string, string>> _labels = ConfigArguments.Labels();

    public ExplainCommand()
        : base("explain", "Say for each key which layer and release its value comes from, and what that layer hides.")
    {
        Add(_view);
        Add(_key);
        Add(_labels);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord config explain orders/prod", "concord config explain orders/prod pricing:discount --label zone=eu-1"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var view = call.Get(_view).With(call.Get(_labels));
        var key = call.GetOptional(_key);
        var explanation = await call.Client.Configs.ExplainAsync(view, key, stop);
        if (key is not null && explanation.Keys.Count == 0)
            throw new CommandException(ExitCode.NotFound, $"There is no key '{key}'.", "Leave KEY out to see all keys.");
        if (call.WantsJson)
            call.WriteJson(explanation, OutputJson.Pretty.Explanation);
        else
            Write(call.Screen, explanation);
        return ExitCode.Ok;
    }

    private static void Write(Screen screen, Explanation explanation)
    {
        screen.Line(Ink.Dim("Layers, the lowest first:"));
        var width = explanation.Layers.Max(layer => (int?)layer.Path.ToString().Length) ?? 0;
        foreach (var layer in explanation.Layers)
        {
            screen.Line(
                $"  {layer.Path.ToString().PadRight(width)}",
                Ink.Dim($"  {layer.Kind}, {(layer.Release == 0 ? "nothing published" : $"release {layer.Release}")}"));
        }

        screen.Line();
        if (explanation.Keys.Count == 0)
        {
            screen.Line("No settings.");
            return;
        }

        var table = new TableView(
            new("KEY"), new("VALUE"), new("FROM"), new("RELEASE", KeepWidth: true, Right: true));
        foreach (var key in explanation.Keys)
        {
            table.Row(
                new Ink(Visible.Of(key.Key), Palette.Name),
                Visible.Of(key.Value),
                key.Source.Path.ToString(),
                $"{key.Source.Release}");
            if (key.RawValue != key.Value)
                table.Row(Ink.Dim("  written as"), Ink.Dim(Visible.Of(key.RawValue)), "", "");
            foreach (var hidden in key.Hidden)
                table.Row(Ink.Dim("  hides"), Ink.Dim(Visible.Of(hidden.Value)), Ink.Dim(hidden.Path.ToString()), Ink.Dim($"{hidden.Release}"));
        }

        screen.Table(table);
    }
}
