using System.Net;
using Concord.Gossip;
using Concord.Members;
using Concord.Members.Keys;
using Concord.Members.Wire;

namespace Concord.Server.Cluster;

/// <summary>Settings of the gossip with other servers and agents.</summary>
internal static class GossipFlags
{
    public static IReadOnlyList<ServerFlag> All { get; } =
    [
        new("gossip-listen", "ADDRESS:PORT", "Address to gossip on with other servers and agents of hosts, UDP and TCP (port 7946 if left out); none if not set",
            o => o.GossipListen?.ToString() ?? "",
            static (ref o, text) => EndPoint(text, ref o, static (o, v) => o with { GossipListen = v })),
        new("gossip-advertise", "ADDRESS[:PORT]", "Address that others reach it at; the listen address if not set",
            o => o.GossipAdvertise?.ToString() ?? "",
            static (ref o, text) => Reached(text, ref o)),
        new("gossip-join", "HOST:PORT,…", "Others to gossip with, for servers outside this cluster; its members find each other",
            o => string.Join(',', o.GossipJoin),
            static (ref o, text) => Seeds(text, ref o)),
        new("gossip-key-file", "FILE", "Keyring to encrypt gossip with ('concord keyring generate'); rewritten when keys are exchanged",
            o => o.GossipKeyFile,
            static (ref o, text) => FlagValue.NotEmpty(text, ref o, static (o, v) => o with { GossipKeyFile = v })),
        new("gossip-profile", "lan|fast", "How soon a host that falls silent is given up: lan (6 to 8 s in a small group) or fast (some 3 s, for quiet networks); the same everywhere",
            o => o.GossipProfile == GossipProfile.Fast ? "fast" : "lan",
            static (ref o, text) => Profile(text, ref o)),
        new("zone", "ZONE", "Where this member stands, shown to others",
            o => o.Zone,
            static (ref o, text) => Zone(text, ref o)),
    ];

    /// <summary>The rules between them.</summary>
    public static IEnumerable<OptionProblem> Check(ServerOptions options)
    {
        if (options.GossipListen is null)
        {
            foreach (var (flag, isGiven) in new[] { ("--gossip-advertise", options.GossipAdvertise is not null), ("--gossip-join", options.GossipJoin.Count > 0), ("--gossip-key-file", options.GossipKeyFile.Length > 0), ("--gossip-profile", options.GossipProfile != GossipProfile.Lan) })
            {
                if (isGiven)
                {
                    yield return new(flag, "is given, but this server does not gossip; add --gossip-listen");
                }
            }

            yield break;
        }

        if (options.GossipAdvertise is null && Addresses.From(options.GossipListen.Address, 1) is null)
        {
            yield return new("--gossip-advertise", $"is missing: {options.GossipListen.Address} of --gossip-listen is no address that others reach; name the one of this host");
        }

        if (options.GossipKeyFile.Length > 0 && KeyProblem(options.GossipKeyFile) is { } problem)
        {
            yield return new("--gossip-key-file", problem);
        }
    }

    private static string? KeyProblem(string path)
    {
        try
        {
            new KeyringFile(path).Read();
            return null;
        }
        catch (KeyringException error)
        {
            return error.Message;
        }
    }

    private static string? EndPoint(string text, ref ServerOptions options, Func<ServerOptions, IPEndPoint, ServerOptions> set)
    {
        var plain = text.StartsWith("localhost", StringComparison.Ordinal) ? IPAddress.Loopback + text["localhost".Length..] : text;
        if (IPAddress.TryParse(plain, out var address))
        {
            options = set(options, new(address, GossipSeed.DefaultPort));
            return null;
        }

        if (!IPEndPoint.TryParse(plain, out var endPoint))
        {
            return $"'{text}' is no address to listen on; write ADDRESS:PORT with an IP address of this machine, 0.0.0.0 or localhost";
        }

        options = set(options, endPoint);
        return null;
    }

    private static string? Reached(string text, ref ServerOptions options)
    {
        var endPoint = IPAddress.TryParse(text, out var address) ? new IPEndPoint(address, 0)
            : IPEndPoint.TryParse(text, out var parsed) ? parsed
            : null;
        if (endPoint is null || Addresses.From(endPoint.Address, 1) is null)
        {
            return $"'{text}' is no address of one host; write an IP address that others reach, with a port if it is another one";
        }

        options = options with { GossipAdvertise = endPoint };
        return null;
    }

    private static string? Seeds(string text, ref ServerOptions options)
    {
        var seeds = new List<GossipSeed>();
        foreach (var item in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (GossipSeed.Parse(item) is not { } seed)
            {
                return $"'{item}' is no member; write HOST:PORT";
            }

            seeds.Add(seed);
        }

        options = options with { GossipJoin = seeds };
        return null;
    }

    private static string? Profile(string text, ref ServerOptions options)
    {
        if (!GossipProfiles.TryParse(text, out var profile))
        {
            return $"'{text}' is no profile; write lan or fast";
        }

        options = options with { GossipProfile = profile };
        return null;
    }

    private static string? Zone(string text, ref ServerOptions options)
    {
        try
        {
            options = options with { Zone = Registry.Model.RegistryNames.RequiredWord(text, "zone") };
            return null;
        }
        catch (Registry.Model.RegistryException error)
        {
            return $"{error.Error.Message} {error.Error.Remedy}";
        }
    }
}
