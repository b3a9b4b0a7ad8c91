using System.CommandLine;
using System.Globalization;
using Concord.Cli.Output;
using Concord.Client.Registry;

namespace Concord.Cli.Services;

internal sealed class ServiceSettingsCommand : CliCommand
{
    private readonly Argument<string> _service = ServiceArguments.Service();
    private readonly Option<int?> _threshold = new("--panic-threshold")
    {
        HelpName = "PERCENT",
        Description = "Below this share of healthy instances callers get the critical ones too: 0 to 100, with or without '%'; 0 is never",
        CustomParser = result =>
        {
            var text = result.Tokens.Single().Value;
            var number = text.EndsWith('%') ? text[..^1] : text;
            if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent <= 100)
                return percent;
            result.AddError($"--panic-threshold is '{text}': write 0 to 100, such as 50 or 50%");
            return null;
        },
    };

    public ServiceSettingsCommand()
        : base("settings", "Show or set the panic threshold of a service.")
    {
        Add(_service);
        Add(_threshold);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord service settings orders", "concord service settings orders --panic-threshold 50%"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var service = call.Get(_service);
        if (call.Get(_threshold) is { } percent)
        {
            await call.Client.Registry.SetPanicPercentAsync(service, percent, stop);
        }
        else
        {
            // Whether it has instances or not, the service that was asked for is in the answer.
            var view = await call.Client.Registry.ListInstancesAsync(InstanceFilter.Of(service), stop);
            percent = view.Services.Single().PanicPercent;
        }

        if (call.WantsJson)
            call.WriteJson(new(service, percent), OutputJson.Pretty.ServiceSettingsJson);
        else if (percent == 0)
            call.Screen.Line($"{Visible.Of(service)}: no panic threshold; whoever asks for healthy instances gets only these.");
        else
            call.Screen.Line($"{Visible.Of(service)}: if fewer than {percent} % of the instances are healthy, callers get the critical ones too.");
        return ExitCode.Ok;
    }
}
