using System.CommandLine;
using Concord.Client.Kv;

namespace Concord.Cli.Kv;

/// <summary>Which keys: KEY, KEY END, KEY --prefix or KEY --from-key.</summary>
internal sealed class KeyRangeArguments
{
    private readonly Argument<string> _key = new("KEY") { Description = "The key" };
    private readonly Argument<string?> _end = new("END")
    {
        Description = "Every key from KEY up to END, without END",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _prefix = new("--prefix") { Description = "Every key that starts with KEY; '' is every key" };
    private readonly Option<bool> _fromKey = new("--from-key") { Description = "KEY and every key after it" };
    private readonly Option<KvEncoding> _input = KvEncodings.InputOption();

    public void AddTo(Command command)
    {
        command.Add(_key);
        command.Add(_end);
        command.Add(_prefix);
        command.Add(_fromKey);
        command.Add(_input);
        command.Validators.Add(result =>
        {
            var ways = (result.GetResult(_end) is { Tokens.Count: > 0 } ? 1 : 0)
                + (result.GetResult(_prefix) is not null ? 1 : 0)
                + (result.GetResult(_fromKey) is not null ? 1 : 0);
            if (ways > 1)
                result.AddError("END, --prefix and --from-key each name a range: give one of them");
            if (ways == 0 && result.GetResult(_key) is { Tokens: [{ Value: "" }] })
                result.AddError("KEY is empty: for every key give '' --prefix");
        });
    }

    public KvBytes KeyOf(Invocation call) => call.Get(_input).Decode(call.Get(_key));

    public KeyRange RangeOf(Invocation call)
    {
        var key = KeyOf(call);
        if (call.Get(_prefix))
            return KeyRange.Prefix(key);
        if (call.Get(_fromKey))
            return KeyRange.From(key);
        return call.GetOptional(_end) is { } end
            ? KeyRange.Between(key, call.Get(_input).Decode(end))
            : KeyRange.Single(key);
    }
}
