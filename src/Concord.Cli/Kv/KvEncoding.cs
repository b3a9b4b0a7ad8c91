using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Kv;

namespace Concord.Cli.Kv;

/// <summary>How bytes are written as text.</summary>
internal enum KvEncoding
{
    /// <summary>UTF-8.</summary>
    Text,
    Hex,
    Base64,
}

internal static class KvEncodings
{
    private static readonly string[] Names = ["text", "hex", "base64"];

    public static Option<KvEncoding> InputOption() => Create("--input", "How KEY, END and VALUE are written on the command line");

    public static Option<KvEncoding> OutputOption() =>
        Create("--encoding", "How keys and values are printed; bytes that are not text need hex or base64");

    public static KvBytes Decode(this KvEncoding encoding, string text)
    {
        try
        {
            return encoding switch
            {
                KvEncoding.Hex => Convert.FromHexString(text),
                KvEncoding.Base64 => Convert.FromBase64String(text),
                _ => text,
            };
        }
        catch (FormatException)
        {
            throw new CommandException(
                ExitCode.Usage, $"'{text}' is not {(encoding == KvEncoding.Hex ? "hex: two digits per byte" : "base64")}.", "--input says how keys and values are written.");
        }
    }

    /// <summary>For eyes: what is not text shows its bytes as \x escapes.</summary>
    public static string Show(this KvEncoding encoding, KvBytes bytes) => encoding switch
    {
        KvEncoding.Hex => Convert.ToHexStringLower(bytes.Span),
        KvEncoding.Base64 => Convert.ToBase64String(bytes.Span),
        _ => bytes.TryGetText(out var text) ? Visible.Of(text) : Escaped(bytes),
    };

    /// <summary>For JSON: text that is not UTF-8 would be lost, so it becomes base64.</summary>
    public static KvEncoding ForJson(this KvEncoding encoding, params ReadOnlySpan<KvBytes> all)
    {
        if (encoding != KvEncoding.Text)
            return encoding;
        foreach (var bytes in all)
        {
            if (!bytes.TryGetText(out _))
                return KvEncoding.Base64;
        }

        return KvEncoding.Text;
    }

    public static string Exact(this KvEncoding encoding, KvBytes bytes) => encoding switch
    {
        KvEncoding.Hex => Convert.ToHexStringLower(bytes.Span),
        KvEncoding.Base64 => Convert.ToBase64String(bytes.Span),
        _ => bytes.ToString(),
    };

    public static string NameOf(KvEncoding encoding) => Names[(int)encoding];

    private static string Escaped(KvBytes bytes) => string.Concat(bytes.Span.ToArray().Select(
        one => one is >= 0x20 and < 0x7f ? ((char)one).ToString() : $"\\x{one:x2}"));

    private static Option<KvEncoding> Create(string name, string description)
    {
        var option = new Option<KvEncoding>(name)
        {
            HelpName = string.Join('|', Names),
            Description = description,
            CustomParser = result =>
            {
                var index = Array.IndexOf(Names, result.Tokens.Single().Value);
                if (index < 0)
                    result.AddError($"{name} is '{result.Tokens[0].Value}': use one of {string.Join(", ", Names)}");
                return (KvEncoding)Math.Max(0, index);
            },
        };
        option.CompletionSources.Clear();
        option.CompletionSources.Add(Names);
        return option;
    }
}
