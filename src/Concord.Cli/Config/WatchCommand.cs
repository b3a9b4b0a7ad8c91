using System.CommandLine;
using System.Threading.Channels;
using Concord.Cli.Output;
using Concord.Client;
using Concord.Client.Configs;
using Concord.Client.Subscriptions;

namespace Concord.Cli.Config;

internal sealed class WatchCommand : CliCommand
{
    private readonly Argument<ConfigurationView> _view = ConfigArguments.View();
    private readonly Option<Dictionary<string, string>> _labels = ConfigArguments.Labels();

    public WatchCommand()
        : base("watch", "Print the changes of an effective configuration as they happen, until Ctrl-C.")
    {
        Add(_view);
        Add(_labels);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord config watch orders/prod", "concord config watch orders/prod --label zone=eu-1 -o json"];

    /// <summary>A watch has no end of its own: being stopped is how it succeeds.</summary>
    protected override ExitCode WhenInterrupted => ExitCode.Ok;

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var view = call.Get(_view).With(call.Get(_labels));
        var news = Channel.CreateUnbounded<Action<WatchPrinter>>(new() { SingleReader = true });
        await using var subscription = call.Client.Subscribe(view, new()
        {
            // An onlooker applies nothing, so it has nothing to report.
            HoldReports = true,
            // Asked from the very first snapshot on, which an event handler that is added later could miss.
            Judge = snapshot =>
            {
                news.Writer.TryWrite(printer => printer.Snapshot(snapshot));
                return ConfigVerdict.Accepted;
            },
        });
        subscription.StateChanged += state => news.Writer.TryWrite(printer => printer.State(state));
        news.Writer.TryWrite(printer => printer.State(subscription.State));

        await subscription.FirstAttempt.WaitAsync(stop);
        if (subscription is { Received: null, State: { Refusal: null, LastError: { } reason } })
            throw new ConcordUnavailableException(WhyNobodyAnswers(call.Endpoints, reason));

        var printer = new WatchPrinter(call, view);
        await foreach (var print in news.Reader.ReadAllAsync(stop))
        {
            print(printer);
            await call.Host.Out.FlushAsync(stop);
        }

        return ExitCode.Ok;
    }

    private static string WhyNobodyAnswers(IReadOnlyList<Uri> endpoints, string lastReason) => endpoints.Count == 1
        ? lastReason
        : $"None of the endpoints {string.Join(", ", endpoints.Select(one => one.GetLeftPart(UriPartial.Authority)))} could be reached. Last: {lastReason}";
}
