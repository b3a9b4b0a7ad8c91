using System.Globalization;
using System.Reflection;
using Concord.Client;
using Concord.Client.Cache;
using Concord.Client.Configs;
using Microsoft.Extensions.Configuration;

namespace Concord.Extensions.Following;

/// <summary>
/// Completes what code has set: from the environment, the configuration that is there already, and the host's names.
/// Reads strings only, so that it needs neither reflection nor generated code.
/// </summary>
internal static class SettingsResolver
{
    public const string Section = "Concord";

    private static readonly TimeSpan StartupBudget = TimeSpan.FromSeconds(10);

    /// <exception cref="ArgumentException">Options that cannot work; the message names all of them with their remedy.</exception>
    public static FollowerSettings Resolve(
        ConcordConfigurationOptions options, IConfiguration? configuration, string? hostApplication, string? hostEnvironment)
    {
        var faults = new List<string>();
        var section = configuration?.GetSection(Section);
        var application = options.Application ?? section?["Application"]
            ?? ServerNames.Application(hostApplication ?? configuration?["applicationName"] ?? EntryAssemblyName());
        var environment = options.Environment ?? EnvironmentOf(configuration, hostEnvironment);
        var names = options.Names.Count > 0 ? [.. options.Names] : Values(section?.GetSection("Names"));
        CheckName(application, nameof(options.Application), faults);
        CheckName(environment, nameof(options.Environment), faults);
        foreach (var name in names)
            CheckName(name, nameof(options.Names), faults);
        var budget = options.StartupBudget ?? TimeOf(section, nameof(options.StartupBudget), StartupBudget, faults);
        if (budget <= TimeSpan.Zero)
            faults.Add($"{nameof(options.StartupBudget)} is {budget}: set a positive time.");
        var tls = Tls(options, section, faults);
        var connection = ConnectionText.Parse(configuration?.GetConnectionString("concord"));
        var endpoints = Endpoints(options, configuration, connection.Endpoints, tls != new ConcordTlsOptions(), faults);
        var credentials = Credentials(options, section, connection, faults);
        var optional = options.Optional || Flag(section?["Optional"], false, "Optional", faults);
        var cached = options.Cache.Enabled && Flag(section?["Cache:Enabled"], true, "Cache:Enabled", faults);
        if (faults.Count > 0)
            throw new ArgumentException($"Concord's configuration source cannot be set up. {string.Join(" ", faults)}");
        return new FollowerSettings
        {
            Endpoints = endpoints,
            Tls = tls,
            Credentials = credentials,
            View = new ConfigurationView(application, environment) { Names = names, Labels = LabelsOf(configuration, options.Labels) },
            Mapping = new KeyMapping(options.TrimKeyPrefix ?? section?["TrimKeyPrefix"], options.KeyPrefix ?? section?["KeyPrefix"]),
            Optional = optional,
            StartupBudget = budget,
            CacheDirectory = cached ? options.Cache.Directory ?? section?["Cache:Directory"] ?? ConfigCacheFile.DefaultDirectory : null,
            Protector = options.Cache.Protector,
            ConfigureClient = options.ConfigureClient,
        };
    }

    /// <summary>The environment on the server where code names none: the section's, else the host's.</summary>
    public static string EnvironmentOf(IConfiguration? configuration, string? hostEnvironment) =>
        configuration?.GetSection(Section)["Environment"]
        ?? ServerNames.Environment(hostEnvironment ?? configuration?["environment"] ?? EnvironmentVariable());

    /// <summary>The section's labels, and over them those of code.</summary>
    public static Dictionary<string, string> LabelsOf(IConfiguration? configuration, IEnumerable<KeyValuePair<string, string>> set)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var label in configuration?.GetSection(Section).GetSection("Labels").GetChildren() ?? [])
            labels[label.Key] = label.Value ?? "";
        foreach (var (label, value) in set)
            labels[label] = value;
        return labels;
    }

    public static bool IsDisabled() => IsTrue(ConcordConfigurationOptions.DisabledVariable);

    private static bool IsTrue(string variable) =>
        System.Environment.GetEnvironmentVariable(variable) is { } text
        && (text == "1" || text.Equals("true", StringComparison.OrdinalIgnoreCase));

    private static IReadOnlyList<Uri> Endpoints(
        ConcordConfigurationOptions options, IConfiguration? configuration, string connection, bool isSecure, List<string> faults)
    {
        var listed = configuration?.GetSection($"{Section}:Endpoints");
        string?[] candidates =
        [
            string.Join(',', options.Endpoints),
            System.Environment.GetEnvironmentVariable(ConcordEndpoints.EnvironmentVariable),
            connection,
            listed?.Value ?? string.Join(',', Values(listed)),
        ];
        try
        {
            return candidates.FirstOrDefault(text => !string.IsNullOrWhiteSpace(text)) is { } found
                ? ConcordEndpoints.Parse(found, isSecure)
                : [ConcordEndpoints.Default];
        }
        catch (FormatException error)
        {
            faults.Add(error.Message);
            return [];
        }
    }

    private static ConcordTlsOptions Tls(ConcordConfigurationOptions options, IConfigurationSection? section, List<string> faults)
    {
        string? File(string? set, string variable, string key) =>
            set ?? Set(System.Environment.GetEnvironmentVariable(variable)) ?? Set(section?[$"Tls:{key}"]);

        return new()
        {
            CaFile = File(options.Tls?.CaFile, ConcordTlsOptions.CaFileVariable, nameof(ConcordTlsOptions.CaFile)),
            CertificateFile = File(options.Tls?.CertificateFile, ConcordTlsOptions.CertificateFileVariable, nameof(ConcordTlsOptions.CertificateFile)),
            KeyFile = File(options.Tls?.KeyFile, ConcordTlsOptions.KeyFileVariable, nameof(ConcordTlsOptions.KeyFile)),
            SkipVerification = options.Tls?.SkipVerification is true || IsTrue(ConcordTlsOptions.SkipVerificationVariable)
                || Flag(section?["Tls:SkipVerification"], false, "Tls:SkipVerification", faults),
        };
    }

    private static string? Set(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private static ConcordCredentials? Credentials(
        ConcordConfigurationOptions options, IConfigurationSection? section, ConnectionText connection, List<string> faults)
    {
        try
        {
            return options.Credentials
                ?? ConcordCredentials.FromEnvironment()
                ?? ConcordCredentials.Parse(connection.User, connection.Password)
                ?? ConcordCredentials.Parse(section?["User"], section?["Password"]);
        }
        catch (FormatException error)
        {
            faults.Add(error.Message);
            return null;
        }
    }

    private static string[] Values(IConfigurationSection? section) =>
        [.. (section?.GetChildren() ?? []).Select(child => child.Value).OfType<string>()];

    private static TimeSpan TimeOf(IConfigurationSection? section, string key, TimeSpan value, List<string> faults)
    {
        if (section?[key] is not { Length: > 0 } text)
            return value;
        if (TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var parsed))
            return parsed;
        faults.Add($"{Section}:{key} is '{text}': write a time such as 00:00:10.");
        return value;
    }

    private static bool Flag(string? text, bool otherwise, string key, List<string> faults)
    {
        if (string.IsNullOrEmpty(text))
            return otherwise;
        if (bool.TryParse(text, out var flag))
            return flag;
        faults.Add($"{Section}:{key} is '{text}': write true or false.");
        return otherwise;
    }

    private static void CheckName(string name, string option, List<string> faults)
    {
        if (!ConfigurationView.IsName(name))
        {
            faults.Add($"{option} '{name}' is no name on the server: use lower-case letters, digits, '.', '_' and '-', "
                + "beginning with a letter or digit.");
        }
    }

    private static string EntryAssemblyName() => Assembly.GetEntryAssembly()?.GetName().Name ?? "";

    private static string EnvironmentVariable() =>
        System.Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT")
        ?? System.Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT")
        ?? "Production";
}
