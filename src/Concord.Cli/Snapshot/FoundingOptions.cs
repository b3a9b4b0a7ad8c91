using System.CommandLine;
using Concord.Cli.Cluster;
using Concord.Node;
using Concord.Raft;
using Concord.Storage;

namespace Concord.Cli.Snapshot;

/// <summary>Who the new cluster consists of and which of its members this is: the flags of the server, with its defaults.</summary>
internal sealed class FoundingOptions
{
    private const string DefaultToken = "concord-cluster";

    private readonly Option<string> _name = new("--name")
    {
        Description = "Name of the member whose data directory is made",
        HelpName = "NAME",
        DefaultValueFactory = _ => "default",
    };

    private readonly Option<string?> _dataDir = new("--data-dir")
    {
        Description = "The directory to make; NAME.concord if not set",
        HelpName = "DIRECTORY",
    };

    private readonly Option<string> _advertise = new("--initial-advertise-peer-urls")
    {
        Description = "Where the other members will reach it",
        HelpName = "URL,…",
        DefaultValueFactory = _ => "http://localhost:2380",
    };

    private readonly Option<string?> _cluster = new("--initial-cluster")
    {
        Description = "All members of the new cluster; this one alone if not set",
        HelpName = "NAME=URL,…",
    };

    private readonly Option<string> _token = new("--initial-cluster-token")
    {
        Description = "Any text that no earlier cluster had, so that nobody takes the new one for the old",
        HelpName = "TOKEN",
        DefaultValueFactory = _ => DefaultToken,
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _name, _dataDir, _advertise, _cluster, _token })
            command.Add(option);
    }

    public string NameOf(Invocation call) => call.Get(_name)!;

    public string DataDirOf(Invocation call) => Path.GetFullPath(call.Get(_dataDir) ?? $"{NameOf(call)}.concord");

    /// <summary>The identity and the members that servers with the same flags would compute.</summary>
    public (MemberIdentity Identity, Membership Membership) Decide(Invocation call)
    {
        var (name, token) = (NameOf(call), call.Get(_token)!);
        string[] self = [.. call.Get(_advertise)!.Split(',').Select(Url)];
        var founders = call.Get(_cluster) is { } text ? Parse(text) : [new(name, self)];
        if (founders.FirstOrDefault(founder => founder.Name == name) is not { } listed)
            throw Wrong($"--initial-cluster lists {string.Join(", ", founders.Select(founder => founder.Name))} but --name is '{name}'.", "Every member is in the list, with its own --name.");
        if (!listed.PeerUrls.Order(StringComparer.Ordinal).SequenceEqual(self.Order(StringComparer.Ordinal)))
            throw Wrong($"--initial-cluster gives '{name}' the addresses {string.Join(',', listed.PeerUrls)} but --initial-advertise-peer-urls says {string.Join(',', self)}.", "Make them the same.");
        if (founders.SelectMany(founder => founder.PeerUrls.Distinct()).GroupBy(url => url).FirstOrDefault(group => group.Count() > 1) is { } shared)
            throw Wrong($"--initial-cluster gives the address {shared.Key} to several members.", "Each member has its own.");
        var founding = new ClusterFounding(founders, token);
        return (new(founding.ClusterId, ClusterFounding.IdOf(self, token).Value, name), founding.Membership);
    }

    /// <summary>The flags for starting the server, as far as they matter once the directory exists.</summary>
    public string StartOf(Invocation call) =>
        $"concord-server --name {NameOf(call)} --data-dir {DataDirOf(call)} --listen-peer-urls URL --listen-client-urls URL --advertise-client-urls URL"
        + $" --initial-advertise-peer-urls {call.Get(_advertise)}"
        + (call.Get(_cluster) is { } cluster ? $" --initial-cluster {cluster}" : "")
        + $" --initial-cluster-token {call.Get(_token)}";

    private static List<Founder> Parse(string text)
    {
        // A member with several addresses is written once per address, as for the server.
        var founders = new List<Founder>();
        foreach (var item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw Wrong($"--initial-cluster: '{item}' is no member.", "Write NAME=http://HOST:PORT.");
            var (name, url) = (item[..equals], Url(item[(equals + 1)..]));
            var at = founders.FindIndex(founder => founder.Name == name);
            if (at < 0)
                founders.Add(new(name, [url]));
            else
                founders[at] = founders[at] with { PeerUrls = [.. founders[at].PeerUrls, url] };
        }

        return founders;
    }

    private static string Url(string text) => PeerAddress.Parse(text, out var url) is { } problem ? throw Wrong(problem, "") : url;

    private static CommandException Wrong(string message, string remedy) => new(ExitCode.Usage, message, remedy);
}
