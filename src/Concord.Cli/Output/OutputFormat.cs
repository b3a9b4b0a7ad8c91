using System.CommandLine;
using System.CommandLine.Parsing;

namespace Concord.Cli.Output;

/// <summary>How a command prints what it has.</summary>
internal enum OutputFormat
{
    /// <summary>For eyes.</summary>
    Table,

    /// <summary>For scripts: stable field names.</summary>
    Json,
    Yaml,
    Properties,

    /// <summary>The bare value, nothing around it.</summary>
    Value,
}

/// <summary>The option -o, with the formats that the command can print.</summary>
internal sealed class OutputOption : Option<OutputFormat>
{
    public OutputOption(params OutputFormat[] formats)
        : base("--output", "-o")
    {
        var names = string.Join('|', formats.Select(WordFor));
        Description = formats.Contains(OutputFormat.Value)
            ? "How to print: table for eyes, json for scripts, value for the bare value"
            : "How to print: table for eyes, json for scripts";
        HelpName = names;
        CustomParser = result => Parse(result, formats);
        CompletionSources.Clear();
        CompletionSources.Add(formats.Select(WordFor).ToArray());
    }

    public static OutputOption TableOrJson() => new(OutputFormat.Table, OutputFormat.Json);

    /// <summary>The format that this run was asked for, whichever command it is.</summary>
    public static OutputFormat Of(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.OfType<OutputOption>().FirstOrDefault() is { } option
        && parsed.GetResult(option) is { Errors: var errors } && !errors.Any()
            ? parsed.GetValue(option)
            : OutputFormat.Table;

    private static OutputFormat Parse(ArgumentResult result, OutputFormat[] formats)
    {
        var text = result.Tokens.Single().Value;
        foreach (var format in formats)
        {
            if (WordFor(format) == text)
                return format;
        }

        result.AddError($"--output is '{text}': this command prints {string.Join(", ", formats.Select(WordFor))}");
        return default;
    }

    private static string WordFor(OutputFormat format) => format switch
    {
        OutputFormat.Table => "table",
        OutputFormat.Json => "json",
        OutputFormat.Yaml => "yaml",
        OutputFormat.Properties => "properties",
        _ => "value",
    };
}
