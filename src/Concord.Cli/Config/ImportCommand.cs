using System.CommandLine;
using Concord.Cli.Errors;
using Concord.Cli.Output;
using Concord.Client;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

/// <summary>The JSON form of an import.</summary>
internal sealed record ImportResult(IReadOnlyList<ImportedFile> Imported, IReadOnlyList<FailedFile> Failed, IReadOnlyList<string> Skipped);

internal sealed record ImportedFile(string File, ConfigurationPath Path);

internal sealed record FailedFile(string File, ErrorJson Error);

internal sealed class ImportCommand : CliCommand
{
    private readonly Argument<string> _source = new("DIR|FILE")
    {
        Description = "A file, or a directory whose files are taken one by one; NAME[@LABEL=VALUE,…].EXT becomes the configuration NAME",
    };

    private readonly Argument<Scope> _scope = new("APP/ENV")
    {
        Description = "Where the drafts go",
        CustomParser = result =>
        {
            var text = result.Tokens.Single().Value;
            if (text.Split('/') is [{ Length: > 0 } application, { Length: > 0 } environment])
                return new Scope(application, environment);
            result.AddError($"'{text}' is not APP/ENV");
            return default;
        },
    };

    private readonly Option<DocumentFormat> _format = DocumentFiles.FormatOption("How the file is written; by its extension unless given");

    public ImportCommand()
        : base("import", "Make drafts from files. Nothing reaches a service before 'concord config publish'.")
    {
        Add(_source);
        Add(_scope);
        Add(_format);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord config import ./config orders/prod", "concord config import appsettings.json orders/default"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var source = call.Get(_source);
        var files = ImportFiles.Find(source, call.Get(_format), call.Get(_scope));
        var imported = new List<ImportedFile>();
        var failed = new List<FailedFile>();
        var exitCode = ExitCode.Ok;
        foreach (var (file, path, format) in files.Found)
        {
            var document = await DocumentFiles.ReadAsync(call, file, format, stop);
            try
            {
                var draft = await call.Client.Configs.PutDraftAsync(path, document, call.Author, stop);
                imported.Add(new(file, draft.Path));
                if (!call.WantsJson)
                    call.Screen.Line("Draft of ", Ink.Strong(draft.Path.ToString()), Ink.Dim($"  from {file}"));
            }
            catch (ConcordServerException exception) when (!exception.IsTransient)
            {
                // One bad file shall not keep the person from hearing about the others.
                var report = ErrorReport.Of(exception);
                failed.Add(new(file, ErrorJson.Of(report)));
                exitCode = exitCode == ExitCode.Ok ? report.ExitCode : exitCode;
                if (!call.WantsJson)
                    report.WriteText(call.ErrorScreen, new(file, document.Content));
            }
        }

        Finish(call, new(imported, failed, files.Skipped));
        return exitCode;
    }

    private static void Finish(Invocation call, ImportResult result)
    {
        if (call.WantsJson)
        {
            call.WriteJson(result, OutputJson.Pretty.ImportResult);
            return;
        }

        foreach (var skipped in result.Skipped)
            call.ErrorScreen.Line(new Ink("skipped: ", Palette.Warning), $"{skipped}: its extension does not tell its format");
        var failures = result.Failed.Count > 0 ? $", {result.Failed.Count} failed" : "";
        call.Screen.Line(Ink.Dim($"{result.Imported.Count} imported{failures}"));
        if (result.Imported.Count > 0)
            call.Screen.Hint($"Look:  concord config diff {result.Imported[0].Path.Application}/{result.Imported[0].Path.Environment}");
    }
}
