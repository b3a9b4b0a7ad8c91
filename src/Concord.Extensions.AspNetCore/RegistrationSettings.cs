using System.Globalization;
using System.Reflection;
using Concord.Client.Registry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Concord.Extensions.AspNetCore;

/// <summary>The options, complete and checked; what only the running server knows is still open.</summary>
internal sealed record RegistrationSettings
{
    public const string Section = "Concord:Registration";

    /// <summary>The server refuses more.</summary>
    private const int WordCharacters = 63;

    public required string Service { get; init; }

    /// <summary>Null: made from the machine's name and the first port.</summary>
    public required string? Id { get; init; }

    public required string Zone { get; init; }

    public required string Region { get; init; }

    public required string Version { get; init; }

    public required int? Weight { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public required string? AdvertisedHost { get; init; }

    public required IReadOnlyList<ServiceEndpoint> Endpoints { get; init; }

    public required Func<IReadOnlyList<ServiceEndpoint>, IReadOnlyList<ServiceEndpoint>>? MapEndpoints { get; init; }

    public required TimeSpan TimeToLive { get; init; }

    public required TimeSpan DrainTime { get; init; }

    public required TimeSpan HealthPeriod { get; init; }

    public required Func<HealthCheckRegistration, bool>? HealthPredicate { get; init; }

    /// <summary>Reads strings only, so that it needs neither reflection nor generated code.</summary>
    /// <returns>Null if registration is switched off.</returns>
    /// <exception cref="ArgumentException">Options that cannot work; the message names all of them with their remedy.</exception>
    public static RegistrationSettings? Resolve(ConcordRegistrationOptions options, IConfiguration configuration, string hostApplication)
    {
        var section = configuration.GetSection(Section);
        var faults = new List<string>();
        var enabled = options.Enabled ?? section["Enabled"]?.ToUpperInvariant() switch
        {
            null or "" or "TRUE" or "1" => true,
            "FALSE" or "0" => false,
            _ => Fault(true, $"{Section}:Enabled is '{section["Enabled"]}': write true or false."),
        };
        if (!enabled)
            return null;
        var settings = new RegistrationSettings
        {
            Service = options.Service ?? section["Service"] ?? NameOf(hostApplication),
            Id = options.Id ?? section["Id"],
            Zone = options.Zone ?? section["Zone"] ?? "",
            Region = options.Region ?? section["Region"] ?? "",
            Version = options.Version ?? section["Version"] ?? EntryVersion(),
            Weight = options.Weight ?? Weight(),
            Tags = options.Tags.Count > 0 ? [.. options.Tags] : List("Tags"),
            Metadata = Metadata(),
            AdvertisedHost = options.AdvertisedHost ?? section["AdvertisedHost"],
            Endpoints = [.. options.Endpoints],
            MapEndpoints = options.MapEndpoints,
            TimeToLive = options.TimeToLive ?? Time("TimeToLive", TimeSpan.FromSeconds(10)),
            DrainTime = options.DrainTime ?? Time("DrainTime", TimeSpan.FromSeconds(5)),
            HealthPeriod = options.HealthPeriod ?? Time("HealthPeriod", TimeSpan.FromSeconds(5)),
            HealthPredicate = options.HealthPredicate,
        };
        if (settings.Service.Length == 0)
            faults.Add($"Service is empty, and the host's application name '{hostApplication}' makes none: set {Section}:Service.");
        if (settings.TimeToLive < TimeSpan.FromSeconds(2) || settings.TimeToLive > TimeSpan.FromHours(1))
            faults.Add($"TimeToLive is {settings.TimeToLive}: set 2 seconds to 1 hour.");
        if (settings.DrainTime < TimeSpan.Zero)
            faults.Add($"DrainTime is {settings.DrainTime}: set 0 or more.");
        if (settings.HealthPeriod < TimeSpan.FromMilliseconds(100))
            faults.Add($"HealthPeriod is {settings.HealthPeriod}: set 100 milliseconds or more.");
        return faults.Count == 0 ? settings : throw new ArgumentException($"The application cannot be registered. {string.Join(" ", faults)}");

        T Fault<T>(T otherwise, string fault)
        {
            faults.Add(fault);
            return otherwise;
        }

        int? Weight() => section["Weight"] is not { Length: > 0 } text ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var weight) ? weight
            : Fault<int?>(null, $"{Section}:Weight is '{text}': write a number from 0 to 10000.");

        TimeSpan Time(string key, TimeSpan otherwise) => section[key] is not { Length: > 0 } text ? otherwise
            : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time
            : Fault(otherwise, $"{Section}:{key} is '{text}': write a time such as 00:00:10.");

        IReadOnlyList<string> List(string key) => section[key] is { Length: > 0 } line
            ? line.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : [.. section.GetSection(key).GetChildren().Select(child => child.Value).OfType<string>()];

        Dictionary<string, string> Metadata()
        {
            var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var pair in section.GetSection("Metadata").GetChildren())
                metadata[pair.Key] = pair.Value ?? "";
            foreach (var (key, value) in options.Metadata)
                metadata[key] = value;
            return metadata;
        }
    }

    private static string NameOf(string application) => new string([.. application.ToLowerInvariant()
        .Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' ? c : '-')]).Replace('.', '-').Trim('-', '_');

    private static string EntryVersion()
    {
        var version = Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        version = version.Split('+')[0];
        return version.Length <= WordCharacters ? version : version[..WordCharacters];
    }
}
