using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Kv;

namespace Concord.Cli.Kv;

internal sealed class KvGetCommand : CliCommand
{
    private readonly KeyRangeArguments _range = new();
    private readonly Option<long?> _revision = NumberOption.Create("--rev", "REVISION", "As of this revision; the newest unless given", min: 1);
    private readonly Option<long?> _limit = NumberOption.Create("--limit", "COUNT", "At most this many keys", min: 1);
    private readonly Option<bool> _keysOnly = new("--keys-only") { Description = "Leave the values out" };
    private readonly Option<bool> _count = new("--count") { Description = "Only say how many keys there are" };
    private readonly Option<bool> _serializable = new("--serializable")
    {
        Description = "Let one server answer from what it has: works without a leader, may be behind",
    };

    private readonly Option<KvEncoding> _encoding = KvEncodings.OutputOption();
    private readonly OutputOption _output = new(OutputFormat.Table, OutputFormat.Json, OutputFormat.Value);

    public KvGetCommand()
        : base("get", "Read a key, or a range of keys.")
    {
        _range.AddTo(this);
        Add(_revision);
        Add(_limit);
        Add(_keysOnly);
        Add(_count);
        Add(_serializable);
        Add(_encoding);
        Add(_output);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "concord kv get greeting",
        "concord kv get greeting -o value",
        "concord kv get users/ --prefix --limit 10",
        "concord kv get '' --prefix --keys-only -o json",
    ];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var range = _range.RangeOf(call);
        if (call.Get(_count))
            return await CountAsync(call, range, stop);

        var pairs = call.Client.Kv.RangeAsync(range, RangeOptionsOf(call), stop);
        var found = call.Get(_output) == OutputFormat.Value
            ? await WriteValuesAsync(call, pairs, stop)
            : await WriteListAsync(call, pairs, range.IsSingle, stop);
        if (found == 0 && range.IsSingle)
        {
            throw new CommandException(
                ExitCode.NotFound,
                $"There is no key '{call.Get(_encoding).Show(range.Start)}'{(call.Get(_revision) is { } revision ? $" at revision {revision}" : "")}.");
        }

        return ExitCode.Ok;
    }

    private RangeOptions RangeOptionsOf(Invocation call) => new()
    {
        Limit = call.Get(_limit) ?? 0,
        KeysOnly = call.Get(_keysOnly),
        Revision = call.Get(_revision) ?? 0,
        Serializable = call.Get(_serializable),
    };

    private async Task<ExitCode> CountAsync(Invocation call, KeyRange range, CancellationToken stop)
    {
        var options = new ReadOptions { Revision = call.Get(_revision) ?? 0, Serializable = call.Get(_serializable) };
        var count = await call.Client.Kv.CountAsync(range, options, stop);
        if (call.WantsJson)
            call.WriteJson(new(count), OutputJson.Pretty.KvCount);
        else
            call.Screen.Line($"{count}");
        return ExitCode.Ok;
    }

    /// <summary>Text as it is: the bytes go out unchanged, one value per line.</summary>
    private async Task<long> WriteValuesAsync(Invocation call, IAsyncEnumerable<KeyValue> pairs, CancellationToken stop)
    {
        var encoding = call.Get(_encoding);
        var found = 0L;
        await call.Host.Out.FlushAsync(stop);
        await foreach (var pair in pairs.WithCancellation(stop))
        {
            found++;
            var bytes = call.Get(_keysOnly) ? pair.Key : pair.Value;
            await call.Host.OutStream.WriteAsync(
                encoding == KvEncoding.Text ? bytes.Memory : KvBytes.FromString(encoding.Exact(bytes)).Memory, stop);
            await call.Host.OutStream.WriteAsync("\n"u8.ToArray(), stop);
        }

        return found;
    }

    private async Task<long> WriteListAsync(Invocation call, IAsyncEnumerable<KeyValue> pairs, bool isSingle, CancellationToken stop)
    {
        var list = new List<KeyValue>();
        await foreach (var pair in pairs.WithCancellation(stop))
            list.Add(pair);

        var (encoding, keysOnly) = (call.Get(_encoding), call.Get(_keysOnly));
        if (isSingle && list.Count == 0)
            return 0;
        if (call.WantsJson)
            call.WriteJson(new([.. list.Select(pair => KvPairJson.Of(pair, encoding, keysOnly))]), OutputJson.Pretty.KvPairs);
        else if (list.Count > 0)
            call.Screen.Table(TableOf(list, encoding, keysOnly));
        else
            call.Screen.Line("No keys.");
        return list.Count;
    }

    private static TableView TableOf(List<KeyValue> pairs, KvEncoding encoding, bool keysOnly)
    {
        Column[] columns =
        [
            new("KEY"), new("VALUE"), new("REVISION", KeepWidth: true, Right: true),
            new("VERSION", KeepWidth: true, Right: true), new("LEASE", KeepWidth: true),
        ];
        var table = new TableView(keysOnly ? [columns[0], .. columns[2..]] : columns);
        foreach (var pair in pairs)
        {
            Ink[] cells =
            [
                new(encoding.Show(pair.Key), Palette.Name), encoding.Show(pair.Value), $"{pair.ModRevision}", $"{pair.Version}",
                pair.Lease == 0 ? Ink.Dim("-") : LeaseId.Show(pair.Lease),
            ];
            table.Row(keysOnly ? [cells[0], .. cells[2..]] : cells);
        }

        return table;
    }
}
