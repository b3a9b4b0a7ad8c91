using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Concord.Server.Cluster;

/// <summary>
/// The file behind <c>--config-file</c>: one YAML mapping whose keys are the flags without dashes. A list counts as its
/// items joined by commas.
/// </summary>
internal static class ConfigFile
{
    /// <summary>A setting of the server is a line or two; a larger file is another file.</summary>
    private const long BytesMax = 1 << 20;

    public static IReadOnlyDictionary<string, string> Read(string path, List<OptionProblem> problems)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > BytesMax })
            {
                problems.Add(new(path, $"is larger than {BytesMax} bytes; this is no settings file"));
                return values;
            }

            Parse(path, File.ReadAllText(path), values, problems);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems.Add(new($"--{ServerFlags.ConfigFile}", $"cannot read '{path}' ({error.Message}); check path and permissions"));
        }
        catch (YamlException error)
        {
            problems.Add(new($"{path}({error.Start.Line},{error.Start.Column})", $"is no YAML: {error.Message}"));
        }

        return values;
    }

    private static void Parse(string path, string text, Dictionary<string, string> values, List<OptionProblem> problems)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        if (yaml.Documents.Count == 0)
        {
            return;
        }

        if (yaml.Documents[0].RootNode is not YamlMappingNode root)
        {
            problems.Add(new(path, "is no mapping; write one 'flag: value' per line, for example 'name: node1'"));
            return;
        }

        foreach (var (key, value) in root.Children)
        {
            var name = key.ToString();
            if (ServerFlags.All.All(flag => flag.Name != name))
            {
                problems.Add(new($"{path}({key.Start.Line}): {name}", "is not known; the keys are the flags without dashes, see --help"));
            }
            else if (Text(value) is not { } flat)
            {
                problems.Add(new($"{path}({key.Start.Line}): {name}", "is nested; write a value or a list of values"));
            }
            else
            {
                values[name] = flat;
            }
        }
    }

    private static string? Text(YamlNode node) => node switch
    {
        YamlScalarNode scalar => scalar.Value ?? "",
        YamlSequenceNode list when list.Children.All(item => item is YamlScalarNode) =>
            string.Join(',', list.Children.Select(item => ((YamlScalarNode)item).Value)),
        _ => null,
    };
}
