using System.Text;
using Concord.Cli;
using Microsoft.Extensions.Time.Testing;

namespace Concord.Tests.Cli;

/// <summary>One run of the command line in this process: what it printed, what it ended with.</summary>
internal sealed record CliRun(int ExitCode, string Out, string Error)
{
    /// <summary>Tuesday noon; every run of the tests happens then, in UTC.</summary>
    public static readonly DateTimeOffset Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    public static Task<CliRun> OnTerminalAsync(FakeConcord server, int width, bool colors, params string[] args) =>
        new CliStart { Endpoint = server.Endpoint, IsTerminal = true, Width = width, NoColor = !colors }.RunAsync(args);

    public static Task<CliRun> Async(FakeConcord server, params string[] args) =>
        new CliStart { Endpoint = server.Endpoint }.RunAsync(args);
}

/// <summary>The surroundings of a run.</summary>
internal sealed record CliStart
{
    public required string Endpoint { get; init; }

    public bool IsTerminal { get; init; }

    public int Width { get; init; } = 80;

    public bool NoColor { get; init; }

    public byte[] Input { get; init; } = [];

    /// <summary>Of the environment, beside the endpoints.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    public CancellationToken Stop { get; init; }

    /// <summary>Called with everything that has been printed so far, whenever more is.</summary>
    public Action<string>? Printed { get; init; }

    public async Task<CliRun> RunAsync(params string[] args)
    {
        using var output = new ObservedStream(Printed);
        var error = new StringWriter { NewLine = "\n" };
        using var host = new CliHost
        {
            OutStream = output,
            Out = new StreamWriter(output, new UTF8Encoding(false)) { NewLine = "\n" },
            Error = error,
            In = new MemoryStream(Input),
            OutIsTerminal = IsTerminal,
            ErrorIsTerminal = IsTerminal,
            Width = Width,
            Variable = name => name switch
            {
                "CONCORD_ENDPOINTS" => Endpoint,
                "NO_COLOR" when NoColor => "1",
                _ => Variables.GetValueOrDefault(name),
            },
            DefaultAuthor = "ada@desk",
            Time = new FakeTimeProvider(CliRun.Now),
        };
        var exitCode = await CommandLine.RunAsync(args, host, Stop);
        await host.Out.FlushAsync();
        return new(exitCode, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    private sealed class ObservedStream(Action<string>? printed) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count)
        {
            base.Write(buffer, offset, count);
            Tell();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer);
            Tell();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await base.WriteAsync(buffer, cancellationToken);
            Tell();
        }

        private void Tell() => printed?.Invoke(Encoding.UTF8.GetString(ToArray()));
    }
}
