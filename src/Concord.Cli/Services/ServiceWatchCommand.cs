using Concord.Cli.Output;
using Concord.Client.Registry;

namespace Concord.Cli.Services;

internal sealed class ServiceWatchCommand : CliCommand
{
    private readonly FilterOptions _filter = new(severalServices: true);

    public ServiceWatchCommand()
        : base("watch", "Print the changes of the instances of one service, or of several, as they happen, until Ctrl-C.")
    {
        _filter.AddTo(this);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord service watch orders", "concord service watch --prefix shop- --tag blue", "concord service watch --tag blue -o json"];

    /// <summary>A watch has no end of its own: being stopped is how it succeeds.</summary>
    protected override ExitCode WhenInterrupted => ExitCode.Ok;

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var filter = _filter.Of(call);
        var printer = new ServiceWatchPrinter(call, filter);
        await foreach (var news in call.Client.Registry.WatchAsync(filter, stop))
        {
            // Nothing was ever seen: whoever waits for a server that is not there should know.
            if (news is ServiceWatchEvent.Interrupted { Reason: var reason } && !printer.HasShown)
                throw reason;
            printer.Write(news);
            await call.Host.Out.FlushAsync(stop);
        }

        return ExitCode.Ok;
    }
}
