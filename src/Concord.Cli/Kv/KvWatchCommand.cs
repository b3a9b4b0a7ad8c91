using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Kv;

namespace Concord.Cli.Kv;

internal sealed class KvWatchCommand : CliCommand
{
    private readonly KeyRangeArguments _range = new();
    private readonly Option<long?> _revision = NumberOption.Create(
        "--rev", "REVISION", "Begin with the changes of this revision; with the next one unless given", min: 1);

    private readonly Option<bool> _previous = new("--prev") { Description = "Also print what was there before each change" };
    private readonly Option<KvEncoding> _encoding = KvEncodings.OutputOption();

    public KvWatchCommand()
        : base("watch", "Print the changes of a key or a range as they happen, until Ctrl-C.")
    {
        _range.AddTo(this);
        Add(_revision);
        Add(_previous);
        Add(_encoding);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord kv watch greeting", "concord kv watch users/ --prefix --rev 100 -o json"];

    /// <summary>A watch has no end of its own: being stopped is how it succeeds.</summary>
    protected override ExitCode WhenInterrupted => ExitCode.Ok;

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var options = new WatchOptions { StartRevision = call.Get(_revision) ?? 0, WithPrevious = call.Get(_previous) };
        var printer = new KvWatchPrinter(call, call.Get(_encoding));
        await foreach (var news in call.Client.Kv.WatchAsync(_range.RangeOf(call), options, stop))
        {
            printer.Write(news);
            await call.Host.Out.FlushAsync(stop);
        }

        return ExitCode.Ok;
    }
}
