using System.CommandLine;
using Concord.Client;

namespace Concord.Cli;

/// <summary>The options that every command takes.</summary>
internal sealed class GlobalOptions
{
    /// <summary>
    /// By number, not by name: "localhost" may mean ::1 first, and a server that listens on IPv4 only would cost a
    /// failed attempt on every call.
    /// </summary>
    private const string DefaultEndpoints = "http://" + DefaultAddress;

    private const string DefaultAddress = "127.0.0.1:2379";

    public Option<string?> Endpoints { get; } = new("--endpoints")
    {
        Description = $"Servers to ask, separated by commas; the first one that answers serves. Default: $CONCORD_ENDPOINTS, else {DefaultEndpoints}",
        HelpName = "URL,…",
        Recursive = true,
    };

    public Option<TimeSpan> Timeout { get; } = new("--timeout")
    {
        Description = "How long a call may take, such as 30, 500ms or 1m. Default: 10s",
        HelpName = "TIME",
        Recursive = true,
        CustomParser = static result => TimeOption.Parse(result, "--timeout") ?? default,
    };

    public Option<string?> User { get; } = new("--user")
    {
        Description = $"Whom to act as, where the servers ask. Default: ${ConcordCredentials.UserVariable}; a name without a password takes that of ${ConcordCredentials.PasswordVariable}",
        HelpName = "NAME:PASSWORD",
        Recursive = true,
    };

    public Option<string?> Author { get; } = new("--author")
    {
        Description = "Who acts, for drafts and releases. Default: $CONCORD_AUTHOR, else user@host",
        HelpName = "NAME",
        Recursive = true,
    };

    public Option<bool> NoColor { get; } = new("--no-color")
    {
        Description = "No colours; NO_COLOR in the environment does the same",
        Recursive = true,
    };

    public Option<string?> CaFile { get; } = new("--cacert")
    {
        Description = $"Authorities of the servers' certificates (PEM). Default: ${ConcordTlsOptions.CaFileVariable}, else the system's",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<string?> CertificateFile { get; } = new("--cert")
    {
        Description = $"Certificate to show to the servers (PEM). Default: ${ConcordTlsOptions.CertificateFileVariable}",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<string?> KeyFile { get; } = new("--key")
    {
        Description = $"Key of that certificate (PEM). Default: ${ConcordTlsOptions.KeyFileVariable}",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<bool> SkipVerification { get; } = new("--insecure-skip-tls-verify")
    {
        Description = $"Take whoever answers for the server; ${ConcordTlsOptions.SkipVerificationVariable}=true does the same",
        Recursive = true,
    };

    public TimeSpan TimeoutOf(ParseResult parsed) =>
        parsed.GetResult(Timeout) is null ? TimeSpan.FromSeconds(10) : parsed.GetValue(Timeout);

    /// <summary>A server without a scheme is https as soon as there is anything to say about certificates.</summary>
    public IReadOnlyList<Uri> EndpointsOf(ParseResult parsed, CliHost host)
    {
        var isSecure = TlsOf(parsed, host) != new ConcordTlsOptions();
        var text = parsed.GetValue(Endpoints) ?? Set(host.Variable(ConcordEndpoints.EnvironmentVariable)) ?? (isSecure ? DefaultAddress : DefaultEndpoints);
        try
        {
            return ConcordEndpoints.Parse(text, isSecure);
        }
        catch (FormatException exception)
        {
            throw new CommandException(ExitCode.Usage, exception.Message, "Check --endpoints and CONCORD_ENDPOINTS.");
        }
    }

    public ConcordTlsOptions TlsOf(ParseResult parsed, CliHost host)
    {
        var tls = new ConcordTlsOptions
        {
            CaFile = Set(parsed.GetValue(CaFile) ?? host.Variable(ConcordTlsOptions.CaFileVariable)),
            CertificateFile = Set(parsed.GetValue(CertificateFile) ?? host.Variable(ConcordTlsOptions.CertificateFileVariable)),
            KeyFile = Set(parsed.GetValue(KeyFile) ?? host.Variable(ConcordTlsOptions.KeyFileVariable)),
            SkipVerification = parsed.GetValue(SkipVerification)
                || host.Variable(ConcordTlsOptions.SkipVerificationVariable) is { } text && (text == "1" || text.Equals("true", StringComparison.OrdinalIgnoreCase)),
        };
        if (tls.CertificateFile is null != tls.KeyFile is null)
            throw new CommandException(ExitCode.Usage, "--cert and --key belong together, but one of them is missing.", "Give both, or neither.");
        if (tls.CaFile is not null && tls.SkipVerification)
            throw new CommandException(ExitCode.Usage, "--insecure-skip-tls-verify makes --cacert useless.", "Give one of them.");
        foreach (var (option, file) in new[] { ("--cacert", tls.CaFile), ("--cert", tls.CertificateFile), ("--key", tls.KeyFile) })
        {
            if (file is not null && !File.Exists(file))
                throw new CommandException(ExitCode.Usage, $"{option} '{file}' does not exist.", "Name a file with PEM text.");
        }

        return tls;
    }

    /// <summary>Null for nobody.</summary>
    public ConcordCredentials? CredentialsOf(ParseResult parsed, CliHost host)
    {
        try
        {
            var text = Set(parsed.GetValue(User)) ?? Set(host.Variable(ConcordCredentials.UserVariable));
            return ConcordCredentials.Parse(text, host.Variable(ConcordCredentials.PasswordVariable));
        }
        catch (FormatException exception)
        {
            throw new CommandException(ExitCode.Usage, exception.Message, "Check --user, CONCORD_USER and CONCORD_PASSWORD.");
        }
    }

    public string AuthorOf(ParseResult parsed, CliHost host) =>
        Set(parsed.GetValue(Author)) ?? Set(host.Variable("CONCORD_AUTHOR")) ?? host.DefaultAuthor;

    private static string? Set(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
