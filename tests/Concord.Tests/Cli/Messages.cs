using Concord.Protocol.V1;

namespace Concord.Tests.Cli;

/// <summary>Short ways to write the server's answers.</summary>
internal static class Messages
{
    public static ConfigurationId Id(string path)
    {
        var parsed = Concord.Client.Configs.ConfigurationPath.Parse(path);
        var id = new ConfigurationId { Application = parsed.Application, Environment = parsed.Environment, Name = parsed.Name };
        foreach (var (label, value) in parsed.Labels)
            id.Selector[label] = value;
        return id;
    }

    public static KeyChange Added(string path, string key, string value) =>
        new() { Id = Id(path), Key = key, Kind = KeyChange.Types.Kind.Added, NewValue = value };

    public static KeyChange Changed(string path, string key, string from, string to) =>
        new() { Id = Id(path), Key = key, Kind = KeyChange.Types.Kind.Changed, OldValue = from, NewValue = to };

    public static KeyChange Removed(string path, string key, string value) =>
        new() { Id = Id(path), Key = key, Kind = KeyChange.Types.Kind.Removed, OldValue = value };

    public static Document Json(string content) => new() { Format = Format.Json, Content = content };

    public static Draft DraftOf(ConfigurationId id, Document? document, string author = "ada@desk") => new()
    {
        Id = id,
        Document = document,
        Removes = document is null,
        Author = author,
        BaseRelease = 12,
        TimeUnixMs = CliRun.Now.AddMinutes(-5).ToUnixTimeMilliseconds(),
    };

    public static Release ReleaseOf(long number, string message, params string[] paths)
    {
        var release = new Release
        {
            Number = number,
            Revision = number * 10,
            Author = "ada@desk",
            Message = message,
            TimeUnixMs = CliRun.Now.AddHours(-(20 - number)).ToUnixTimeMilliseconds(),
        };
        release.Items.Add(paths.Select(path => new Release.Types.Item { Id = Id(path), Format = Format.Json, PreviousRelease = number - 1 }));
        return release;
    }
}
