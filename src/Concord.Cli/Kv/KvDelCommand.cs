using System.CommandLine;
using Concord.Cli.Output;

namespace Concord.Cli.Kv;

internal sealed class KvDelCommand : CliCommand
{
    private readonly KeyRangeArguments _range = new();
    private readonly Option<bool> _previous = new("--prev") { Description = "Also print the pairs that are gone" };
    private readonly Option<KvEncoding> _encoding = KvEncodings.OutputOption();

    public KvDelCommand()
        : base("del", "Delete a key, or a range of keys. Deleting what is not there is no failure.")
    {
        _range.AddTo(this);
        Add(_previous);
        Add(_encoding);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord kv del greeting", "concord kv del users/ --prefix --prev"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var withPrevious = call.Get(_previous);
        var done = await call.Client.Kv.DeleteAsync(_range.RangeOf(call), withPrevious, stop);
        var encoding = call.Get(_encoding);
        if (call.WantsJson)
        {
            var previous = withPrevious ? done.Previous.Select(pair => KvPairJson.Of(pair, encoding)).ToList() : null;
            call.WriteJson(new(done.Revision, done.Deleted, previous), OutputJson.Pretty.KvDeleted);
            return ExitCode.Ok;
        }

        call.Screen.Line(
            Ink.Strong($"{done.Deleted}"), done.Deleted == 1 ? " key deleted" : " keys deleted", Ink.Dim($"  revision {done.Revision}"));
        foreach (var pair in done.Previous)
            call.Screen.Line(new Ink($"  - {encoding.Show(pair.Key)}  {encoding.Show(pair.Value)}", Palette.Removed));
        return ExitCode.Ok;
    }
}
