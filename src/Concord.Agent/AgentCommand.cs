using System.CommandLine;
using System.Net;
using Concord.Checks;
using Concord.Client;
using Concord.Gossip;
using Concord.Members;
using Concord.Members.Keys;
using Concord.Members.Wire;

namespace Concord.Agent;

/// <summary>The command line of <c>concord-agent</c>.</summary>
internal static class AgentCommand
{
    public const int DefaultPort = 2378;

    private const int Settings = 1;

    public static RootCommand Create(Func<AgentOptions, CancellationToken, Task<int>> run)
    {
        var name = Text("--name", "NAME", $"Its name among those who gossip, unique [default: {Environment.MachineName}]");
        var endpoints = Text("--endpoints", "URL,…", $"The servers [default: ${ConcordEndpoints.EnvironmentVariable}, else {ConcordEndpoints.Default}]");
        var listen = Text("--listen", "ADDRESS:PORT", $"Loopback address that processes of this host use as CONCORD_ENDPOINTS [default: 127.0.0.1:{DefaultPort}]");
        var gossip = Text("--gossip-listen", "ADDRESS:PORT", $"Address to gossip on, UDP and TCP [default: 127.0.0.1:{GossipSeed.DefaultPort}]");
        var advertise = Text("--gossip-advertise", "ADDRESS[:PORT]", "Address that others reach it at; the listen address if not set");
        var keys = Text("--gossip-key-file", "FILE", "The keyring that the servers have too; rewritten when keys are exchanged");
        var profile = Text("--gossip-profile", "lan|fast", "How soon a silent host is given up, as the servers have it [default: lan]");
        var data = Text("--data-dir", "DIRECTORY", "Where it keeps what it serves while the servers are away [default: NAME.concord-agent]");
        var zone = Text("--zone", "ZONE", "Where this host stands, shown to others");
        var user = Text("--user", "NAME:PASSWORD", $"As whom it makes every call, also those of the processes behind it [default: ${ConcordCredentials.UserVariable}]");
        var privateTargets = Text("--check-private-targets", "NETWORK,…", "Private networks beside this host's own addresses that health checks of its instances may reach, such as 172.17.0.0/16");
        var redirects = Text("--check-redirect-hosts", "HOST,…", "Hosts that HTTP health checks may be redirected to; none if not set");
        var level = Text("--log-level", "debug|info|warn|error", "The least severe messages to log [default: info]");
        var command = new RootCommand("""
            The agent of a host: processes use it instead of the servers. It keeps what they read and serves it while the servers are
            away, shares their watches, runs the health checks of the host's instances, and gossips with the servers, so that the
            instances of a host that dies are critical within seconds. Certificates are set by CONCORD_CACERT, CONCORD_CERT and CONCORD_KEY.

            Exit codes: 0 stopped as asked; 1 wrong settings or an address in use; 5 a fault of the program.
            """) { name, endpoints, listen, gossip, advertise, keys, profile, data, zone, user, privateTargets, redirects, level };
        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                var called = parsed.GetValue(name) ?? Environment.MachineName;
                var options = new AgentOptions
                {
                    Name = Name(called),
                    Endpoints = ConcordEndpoints.Parse(parsed.GetValue(endpoints) ?? Variable(ConcordEndpoints.EnvironmentVariable) ?? ConcordEndpoints.Default.OriginalString, TlsOfEnvironment() != new ConcordTlsOptions()),
                    Listen = Loopback(parsed.GetValue(listen) ?? $"127.0.0.1:{DefaultPort}"),
                    GossipListen = EndPoint("--gossip-listen", parsed.GetValue(gossip) ?? $"127.0.0.1:{GossipSeed.DefaultPort}", GossipSeed.DefaultPort),
                    GossipAdvertise = parsed.GetValue(advertise) is { } reached ? EndPoint("--gossip-advertise", reached, 0) : null,
                    GossipKeyFile = parsed.GetValue(keys) ?? "",
                    GossipProfile = GossipProfiles.TryParse(parsed.GetValue(profile) ?? "lan", out var timing) ? timing : throw new FormatException($"--gossip-profile: '{parsed.GetValue(profile)}' is no profile; write lan or fast."),
                    DataDir = parsed.GetValue(data) ?? $"{called}.concord-agent",
                    Zone = parsed.GetValue(zone) ?? "",
                    Credentials = ConcordCredentials.Parse(parsed.GetValue(user) ?? Variable(ConcordCredentials.UserVariable), Variable(ConcordCredentials.PasswordVariable)),
                    Tls = TlsOfEnvironment(),
                    CheckPrivateTargets = TargetWords.Networks(parsed.GetValue(privateTargets) ?? "", out var networks) is { } noNetwork ? throw new FormatException($"--check-private-targets: {noNetwork}.") : networks,
                    CheckRedirectHosts = TargetWords.Hosts(parsed.GetValue(redirects) ?? "", out var hosts) is { } noHost ? throw new FormatException($"--check-redirect-hosts: {noHost}.") : hosts,
                    LogLevel = Level(parsed.GetValue(level) ?? "info"),
                };
                Check(options);
                return await run(options, cancellation);
            }
            catch (Exception error) when (error is FormatException or KeyringException or IOException or AgentStartException)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"concord-agent cannot start: {error.Message}");
                return Settings;
            }
        });
        return command;
    }

    private static void Check(AgentOptions options)
    {
        if (options.GossipAdvertise is null && Addresses.From(options.GossipListen.Address, 1) is null)
        {
            throw new FormatException($"--gossip-advertise is missing: {options.GossipListen.Address} of --gossip-listen is no address that others reach; name the one of this host.");
        }

        if (options.GossipKeyFile.Length > 0)
        {
            _ = new KeyringFile(options.GossipKeyFile).Read();
        }
    }

    private static Option<string?> Text(string name, string hint, string description) => new(name) { HelpName = hint, Description = description };

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? text : null;

    private static ConcordTlsOptions TlsOfEnvironment() => new()
    {
        CaFile = Variable(ConcordTlsOptions.CaFileVariable),
        CertificateFile = Variable(ConcordTlsOptions.CertificateFileVariable),
        KeyFile = Variable(ConcordTlsOptions.KeyFileVariable),
    };

    /// <summary>It is a word on every instance that is registered here, so it has the letters of one.</summary>
    private static string Name(string text) => text.Length is > 0 and <= 64 && text.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-')
        ? text
        : throw new FormatException($"--name '{text}' cannot name an agent; use 1 to 64 letters, digits, '.', '_' and '-'.");

    private static IPEndPoint Loopback(string text)
    {
        var endPoint = EndPoint("--listen", text, DefaultPort);
        return IPAddress.IsLoopback(endPoint.Address) ? endPoint
            : throw new FormatException($"--listen '{text}' can be reached by other hosts, and whoever reaches an agent acts as its user; use a loopback address.");
    }

    private static IPEndPoint EndPoint(string option, string text, int port)
    {
        var plain = text.StartsWith("localhost", StringComparison.Ordinal) ? IPAddress.Loopback + text["localhost".Length..] : text;
        return IPAddress.TryParse(plain, out var address) ? new(address, port)
            : IPEndPoint.TryParse(plain, out var endPoint) ? endPoint
            : throw new FormatException($"{option} '{text}' is no address; write ADDRESS:PORT with an IP address of this machine or localhost.");
    }

    private static LogLevel Level(string text) => text switch
    {
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => throw new FormatException($"--log-level '{text}' is not known; use debug, info, warn or error."),
    };
}

/// <summary>The agent cannot start; the message names the option and the remedy.</summary>
internal sealed class AgentStartException(string message) : Exception(message);
