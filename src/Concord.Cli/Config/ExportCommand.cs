using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

/// <summary>The JSON form of an export: the documents themselves, or with --to the files they went to.</summary>
internal sealed record ExportedConfigurations(IReadOnlyList<ExportedConfiguration> Configurations);

internal sealed record ExportedConfiguration(
    ConfigurationPath Path, DocumentFormat Format, long Release, string? Content, string? File);

internal sealed class ExportCommand : CliCommand
{
    private readonly Argument<ReleaseTarget[]> _target = ConfigArguments.Targets(required: true);
    private readonly Option<string?> _to = new("--to")
    {
        HelpName = "DIR",
        Description = "Write one file per configuration here instead of printing; 'concord config import' reads them back",
    };

    private readonly Option<long?> _release = NumberOption.Create(
        "--release", "RELEASE", "As it was after this release; the newest unless given", min: 1);

    public ExportCommand()
        : base("export", "Print or save configurations as they were written, with their comments.")
    {
        _target.Arity = ArgumentArity.ExactlyOne;
        Add(_target);
        Add(_to);
        Add(_release);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord config export orders/prod/limits", "concord config export orders/prod --to ./backup"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var published = await FindAsync(call, call.Get(_target)[0], stop);
        if (call.Get(_to) is { } directory)
            await SaveAsync(call, directory, published, stop);
        else if (call.WantsJson)
            call.WriteJson(new([.. published.Select(one => Describe(one, one.Document.Content, file: null))]), OutputJson.Pretty.ExportedConfigurations);
        else
            Print(call, published);
        return ExitCode.Ok;
    }

    private async Task<IReadOnlyList<PublishedConfiguration>> FindAsync(
        Invocation call,
        ReleaseTarget target,
        CancellationToken stop)
    {
        var configs = call.Client.Configs;
        IEnumerable<ConfigurationPath> paths = target.Name is not null
            ? [new(target.Application, target.Environment, target.Name, target.Labels)]
            : (await configs.ListConfigurationsAsync(target.Application, target.Environment, stop)).Select(one => one.Path);
        var published = new List<PublishedConfiguration>();
        foreach (var path in paths)
        {
            if (await configs.GetConfigurationAsync(path, call.Get(_release) ?? 0, stop) is { Published: { } one })
                published.Add(one);
        }

        return published.Count > 0
            ? published
            : throw new CommandException(
                ExitCode.NotFound,
                $"Nothing is published at {target.Application}/{target.Environment}{(target.Name is null ? "" : "/" + target.Name)}.",
                $"See what there is: concord config list {target.Application}");
    }

    private static void Print(Invocation call, IReadOnlyList<PublishedConfiguration> published)
    {
        if (published.Count > 1)
        {
            throw new CommandException(
                ExitCode.Usage,
                $"There are {published.Count} configurations: {string.Join(", ", published.Select(one => one.Path))}.",
                "Name one of them, save all with --to DIR, or print all with -o json.");
        }

        RenderedDocument.WriteText(call.Host.Out, published[0].Document.Content);
    }

    private static async Task SaveAsync(
        Invocation call,
        string directory,
        IReadOnlyList<PublishedConfiguration> published,
        CancellationToken stop)
    {
        var saved = new List<ExportedConfiguration>();
        try
        {
            Directory.CreateDirectory(directory);
            foreach (var one in published)
            {
                var file = Path.Combine(directory, FileNameOf(one));
                await File.WriteAllTextAsync(file, one.Document.Content, stop);
                saved.Add(Describe(one, content: null, file));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Failure, $"'{directory}' cannot be written: {exception.Message}");
        }

        if (call.WantsJson)
        {
            call.WriteJson(new(saved), OutputJson.Pretty.ExportedConfigurations);
            return;
        }

        foreach (var one in saved)
            call.Screen.Line(Ink.Strong(one.File!), Ink.Dim($"  {one.Path}, release {one.Release}"));
    }

    private static ExportedConfiguration Describe(PublishedConfiguration one, string? content, string? file) =>
        new(one.Path, one.Document.Format, one.Release, content, file);

    /// <summary>Names come from a server: none of them may lead out of the directory.</summary>
    private static string FileNameOf(PublishedConfiguration one)
    {
        var name = one.Path.LocalName + DocumentFormats.ExtensionOf(one.Document.Format);
        return name.AsSpan().IndexOfAny(Path.GetInvalidFileNameChars()) < 0
            ? name
            : throw new CommandException(
                ExitCode.Failure, $"'{name}' cannot be the name of a file.", "Export this configuration without --to and save the output.");
    }
}
