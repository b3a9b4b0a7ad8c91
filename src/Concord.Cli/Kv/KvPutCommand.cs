using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Kv;

namespace Concord.Cli.Kv;

internal sealed class KvPutCommand : CliCommand
{
    private readonly Argument<string> _key = new("KEY") { Description = "The key" };
    private readonly Argument<string?> _value = new("VALUE")
    {
        Description = "The value; put -- before it if it looks like an option",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _file = new("--file", "-f")
    {
        HelpName = "FILE",
        Description = "The value is the bytes of this file; - is standard input",
    };

    private readonly Option<KvEncoding> _input = KvEncodings.InputOption();
    private readonly Option<long> _lease = LeaseId.Option();
    private readonly Option<long?> _ifRevision = NumberOption.Create(
        "--if-revision",
        "REVISION",
        "Only if the key was last changed at this revision (0: only if it does not exist); else nothing happens and the exit code is 3");

    private readonly Option<bool> _previous = new("--prev") { Description = "Also print what was there before" };
    private readonly Option<KvEncoding> _encoding = KvEncodings.OutputOption();

    public KvPutCommand()
        : base("put", "Write a key.")
    {
        Add(_key);
        Add(_value);
        Add(_file);
        Add(_input);
        Add(_lease);
        Add(_ifRevision);
        Add(_previous);
        Add(_encoding);
        Add(OutputOption.TableOrJson());
        Validators.Add(result =>
        {
            var hasValue = result.GetResult(_value) is { Tokens.Count: > 0 };
            var hasFile = result.GetResult(_file) is not null;
            if (hasValue == hasFile)
                result.AddError("give the value as VALUE or with --file, one of them");
            if (result.GetResult(_ifRevision) is not null && result.GetResult(_previous) is not null)
                result.AddError("--prev has no place with --if-revision: you name what was there before");
        });
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "concord kv put greeting hello",
        "concord kv put greeting 'good day' --if-revision 7",
        "concord kv put logo --file logo.png",
    ];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var key = call.Get(_input).Decode(call.Get(_key));
        if (key.IsEmpty)
            throw new CommandException(ExitCode.Usage, "KEY is empty: a key has at least one byte.");

        var value = await ValueAsync(call, stop);
        var options = new PutOptions { Lease = call.Get(_lease), ReturnPrevious = call.Get(_previous) };
        var done = call.Get(_ifRevision) is { } revision
            ? await SwapAsync(call, key, revision, value, options, stop)
            : await call.Client.Kv.PutAsync(key, value, options, stop);
        Write(call, done);
        return ExitCode.Ok;
    }

    private async Task<PutResult> SwapAsync(
        Invocation call,
        KvBytes key,
        long revision,
        KvBytes value,
        PutOptions options,
        CancellationToken stop)
    {
        var swap = await call.Client.Kv.CompareAndSwapAsync(key, revision, value, options, stop);
        if (swap.Swapped)
            return new(swap.Revision, Previous: null);

        var shown = call.Get(_encoding).Show(key);
        throw new CommandException(
            ExitCode.Conflict,
            swap.Current is { } current
                ? $"'{shown}' was last changed at revision {current.ModRevision}, not {revision}."
                : $"'{shown}' does not exist; you expected it at revision {revision}.",
            $"Look at it and decide: concord kv get {shown}");
    }

    private void Write(Invocation call, PutResult done)
    {
        var encoding = call.Get(_encoding);
        if (call.WantsJson)
        {
            var previous = done.Previous is null ? null : KvPairJson.Of(done.Previous, encoding);
            call.WriteJson(new(done.Revision, previous), OutputJson.Pretty.KvPutDone);
            return;
        }

        call.Screen.Line("Written at revision ", Ink.Strong($"{done.Revision}"));
        if (done.Previous is { } before)
            call.Screen.Line(Ink.Dim("before: "), encoding.Show(before.Value));
    }

    private async Task<KvBytes> ValueAsync(Invocation call, CancellationToken stop)
    {
        if (call.Get(_file) is not { } file)
            return call.Get(_input).Decode(call.GetOptional(_value)!);

        try
        {
            await using var stream = file == "-" ? call.Host.In : File.OpenRead(file);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, stop);
            return bytes.ToArray();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Usage, $"'{file}' cannot be read: {exception.Message}");
        }
    }
}
