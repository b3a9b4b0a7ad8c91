using System.CommandLine;
using System.Text;
using Concord.Cli.Output;

namespace Concord.Cli.Members;

internal static class EventCommands
{
    public static CommandGroup Create() => new("event", "Tell all servers and agents something, once.", new EventSendCommand(), new EventWatchCommand());
}

internal sealed class EventSendCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "What happened, 1 to 64 bytes" };
    private readonly Argument<string?> _payload = new("PAYLOAD") { Description = "More about it, at most 512 bytes", Arity = ArgumentArity.ZeroOrOne };

    public EventSendCommand()
        : base("send", "Tell every server and agent once. A hint to look, not the data: nobody keeps it.")
    {
        Add(_name);
        Add(_payload);
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord event send deploy", "concord event send deploy 'orders 1.4.2'"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        await call.Client.Members.SendEventAsync(call.Get(_name), Encoding.UTF8.GetBytes(call.GetOptional(_payload) ?? ""), stop);
        return ExitCode.Ok;
    }
}

internal sealed class EventWatchCommand : CliCommand
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Argument<string[]> _names = new("NAME") { Description = "Only these; all if none is given", Arity = ArgumentArity.ZeroOrMore };

    public EventWatchCommand()
        : base("watch", "Print events as they come, until Ctrl-C.")
    {
        Add(_names);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord event watch", "concord event watch deploy -o json"];

    /// <summary>A watch has no end of its own: being stopped is how it succeeds.</summary>
    protected override ExitCode WhenInterrupted => ExitCode.Ok;

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        await foreach (var told in call.Client.Members.WatchEventsAsync(call.GetOptional(_names), cancellationToken: stop))
        {
            var text = TextOf(told.Payload.Span);
            if (call.WantsJson)
            {
                Json.Write(call.Host.Out, new MemberEventJson(told.Name, text, text is null ? Convert.ToBase64String(told.Payload.Span) : null, told.Origin, told.Time), OutputJson.Lines.MemberEventJson);
            }
            else
            {
                call.Screen.Line($"{Visible.Of(told.Name)}  {Visible.Of(text ?? Convert.ToBase64String(told.Payload.Span))}  from {Visible.Of(told.Origin)}");
            }

            await call.Host.Out.FlushAsync(stop);
        }

        return ExitCode.Ok;
    }

    private static string? TextOf(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
