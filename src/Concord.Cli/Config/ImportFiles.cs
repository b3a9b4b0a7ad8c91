using Concord.Client.Configs;

namespace Concord.Cli.Config;

/// <summary>A file and the configuration that it becomes.</summary>
internal readonly record struct ImportFile(string File, ConfigurationPath Path, DocumentFormat Format);

/// <summary>The files that an import takes, in order of their names, and those whose format nobody can tell.</summary>
internal sealed record ImportFiles(IReadOnlyList<ImportFile> Found, IReadOnlyList<string> Skipped)
{
    public static ImportFiles Find(string source, DocumentFormat format, Scope scope)
    {
        if (File.Exists(source))
        {
            var known = format != DocumentFormat.Unspecified ? format : DocumentFormats.FromExtension(Path.GetExtension(source));
            return new([new(source, PathOf(source, scope), known)], []);
        }

        if (!Directory.Exists(source))
            throw new CommandException(ExitCode.Usage, $"'{source}' is neither a file nor a directory.");
        if (format != DocumentFormat.Unspecified)
            throw new CommandException(ExitCode.Usage, "--format is for a single file.", "Files of a directory tell their format by their extension.");

        return FindIn(source, scope);
    }

    /// <summary>Not below the directory, and not what starts with a dot: editors and version control keep their things there.</summary>
    private static ImportFiles FindIn(string directory, Scope scope)
    {
        var found = new List<ImportFile>();
        var skipped = new List<string>();
        foreach (var file in Directory.GetFiles(directory).Order(StringComparer.Ordinal))
        {
            if (Path.GetFileName(file).StartsWith('.'))
                continue;
            var format = DocumentFormats.FromExtension(Path.GetExtension(file));
            if (format == DocumentFormat.Unspecified)
                skipped.Add(file);
            else
                found.Add(new(file, PathOf(file, scope), format));
        }

        var twice = found.GroupBy(file => file.Path).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new CommandException(
                ExitCode.Usage,
                $"{string.Join(" and ", twice.Select(file => file.File))} would both become {twice.Key}.",
                "Keep one of them, or give them different names.");
        }

        return found.Count > 0
            ? new(found, skipped)
            : throw new CommandException(
                ExitCode.Usage,
                $"'{directory}' holds no file to import.",
                $"Files are taken by extension: {string.Join(", ", DocumentFormats.Names.Select(name => DocumentFormats.ExtensionOf(DocumentFormats.FromName(name))))}.");
    }

    private static ConfigurationPath PathOf(string file, Scope scope)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        return ConfigurationPath.TryParse($"{scope.Application}/{scope.Environment}/{name}", out var path, out var problem)
            ? path
            : throw new CommandException(ExitCode.Usage, $"The name of '{file}' cannot name a configuration: {problem}.", "Rename it to NAME.EXT or NAME@LABEL=VALUE.EXT.");
    }
}
