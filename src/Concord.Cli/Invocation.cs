using System.CommandLine;
using System.Text.Json.Serialization.Metadata;
using Concord.Cli.Errors;
using Concord.Cli.Output;
using Concord.Client;

namespace Concord.Cli;

/// <summary>One run of a command: its arguments, its connection, its output.</summary>
internal sealed class Invocation : IAsyncDisposable
{
    private readonly GlobalOptions _global;
    private ConcordClient? _client;

    public Invocation(ParseResult parsed)
    {
        Parsed = parsed;
        Host = ((CliInvocationConfiguration)parsed.InvocationConfiguration).Host;
        _global = ((ConcordCommand)parsed.RootCommandResult.Command).Global;
        var noColor = parsed.GetValue(_global.NoColor);
        Screen = Host.Screen(noColor);
        ErrorScreen = Host.ErrorScreen(noColor);
    }

    public ParseResult Parsed { get; }

    public CliHost Host { get; }

    public Screen Screen { get; }

    public Screen ErrorScreen { get; }

    /// <summary>The document that the server is asked to take, so that an error can show the line it is about.</summary>
    public SourceText? Source { get; set; }

    public IReadOnlyList<Uri> Endpoints => _global.EndpointsOf(Parsed, Host);

    public TimeSpan Timeout => _global.TimeoutOf(Parsed);

    public string Author => _global.AuthorOf(Parsed, Host);

    public ConcordClient Client => _client ??= Connect(Endpoints);

    /// <summary>Whether the command was asked for JSON; false also when it has no such option.</summary>
    public bool WantsJson => OutputOption.Of(Parsed) == OutputFormat.Json;

    public T? Get<T>(Option<T> option) => Parsed.GetValue(option);

    /// <summary>The value of an argument that the parser made sure of.</summary>
    public T Get<T>(Argument<T> argument) => Parsed.GetRequiredValue(argument);

    public T? GetOptional<T>(Argument<T> argument) => Parsed.GetValue(argument);

    public ConcordClient Connect(IReadOnlyList<Uri> endpoints) => new(new ConcordClientOptions
    {
        Endpoints = endpoints,
        Credentials = _global.CredentialsOf(Parsed, Host),
        // A person who lists endpoints expects the first one to be asked first.
        SpreadOverEndpoints = false,
        CallTimeout = Timeout,
        ConnectTimeout = Timeout < TimeSpan.FromSeconds(2) ? Timeout : TimeSpan.FromSeconds(2),
        TimeProvider = Host.Time,
        Tls = _global.TlsOf(Parsed, Host),
    });

    public void WriteJson<T>(T value, JsonTypeInfo<T> type) => Json.Write(Host.Out, value, type);

    public ValueTask DisposeAsync() => _client?.DisposeAsync() ?? ValueTask.CompletedTask;
}
