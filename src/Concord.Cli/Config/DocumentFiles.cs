using System.CommandLine;
using System.Text;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

/// <summary>Documents in files: which format, and the text.</summary>
internal static class DocumentFiles
{
    public const string StandardInput = "-";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static Option<DocumentFormat> FormatOption(string description)
    {
        var names = string.Join('|', DocumentFormats.Names);
        var option = new Option<DocumentFormat>("--format")
        {
            HelpName = names,
            Description = description,
            CustomParser = result =>
            {
                var format = DocumentFormats.FromName(result.Tokens.Single().Value);
                if (format == DocumentFormat.Unspecified)
                    result.AddError($"--format is '{result.Tokens[0].Value}': use one of {string.Join(", ", DocumentFormats.Names)}");
                return format;
            },
        };
        option.CompletionSources.Clear();
        option.CompletionSources.Add([.. DocumentFormats.Names]);
        return option;
    }

    /// <summary>Reads a file, or standard input for "-"; the format comes from the extension unless it is given.</summary>
    public static async Task<ConfigurationDocument> ReadAsync(
        Invocation call,
        string file,
        DocumentFormat format,
        CancellationToken stop)
    {
        if (format == DocumentFormat.Unspecified)
            format = FormatOf(file);
        return new(format, await ReadTextAsync(call, file, stop));
    }

    private static DocumentFormat FormatOf(string file)
    {
        if (file == StandardInput)
            throw new CommandException(ExitCode.Usage, "Standard input has no extension to tell its format by.", "Name it: --format json");

        var format = DocumentFormats.FromExtension(Path.GetExtension(file));
        return format != DocumentFormat.Unspecified
            ? format
            : throw new CommandException(
                ExitCode.Usage,
                $"The extension of '{file}' does not tell the format.",
                $"Name it: --format {string.Join('|', DocumentFormats.Names)}");
    }

    private static async Task<string> ReadTextAsync(Invocation call, string file, CancellationToken stop)
    {
        try
        {
            await using var stream = file == StandardInput ? call.Host.In : File.OpenRead(file);
            using var reader = new StreamReader(stream, StrictUtf8);
            return await reader.ReadToEndAsync(stop);
        }
        catch (DecoderFallbackException)
        {
            throw new CommandException(ExitCode.Usage, $"'{file}' is not UTF-8 text.", "Convert it to UTF-8.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Usage, $"'{file}' cannot be read: {exception.Message}");
        }
    }
}
