using System.Security.Authentication;
using Concord.Cli.Output;
using Concord.Client;
using Concord.Client.Configs;
using Concord.Storage;

namespace Concord.Cli.Errors;

/// <summary>A failure as it is told on standard error: what, where, what to do; or as JSON.</summary>
internal sealed record ErrorReport
{
    public required ExitCode ExitCode { get; init; }

    public required string Code { get; init; }

    public required string Message { get; init; }

    public string Field { get; init; } = "";

    public string Remedy { get; init; } = "";

    /// <summary>Where in the document, from 1; 0 when that is not known.</summary>
    public int Line { get; init; }

    public int Column { get; init; }

    /// <summary>Both sides of a conflict; 0 when it is none.</summary>
    public long ExpectedRelease { get; init; }

    public long ActualRelease { get; init; }

    /// <summary>The configuration that the error is about, if the server named one.</summary>
    public ConfigurationPath? Path { get; init; }

    /// <summary>The report for a failure that is nobody's bug; null for others, which shall crash loudly.</summary>
    public static ErrorReport? Of(Exception exception, Invocation call) => exception switch
    {
        CommandException failure => new()
        {
            ExitCode = failure.ExitCode,
            Code = failure.Code ?? CodeOf(failure.ExitCode),
            Message = failure.Message,
            Remedy = failure.Remedy,
        },
        ConcordServerException refused => Of(refused),
        ConcordUnavailableException { TimedOut: false } when IsHandshake(exception) => new()
        {
            ExitCode = ExitCode.Unavailable,
            Code = "tls",
            Message = exception.Message,
            Remedy = "Name the authority of the servers' certificates with --cacert, your own certificate with --cert and --key; write http:// for servers without TLS.",
        },
        ConcordUnavailableException => new()
        {
            ExitCode = ExitCode.Unavailable,
            Code = "unavailable",
            Message = exception.Message,
            Remedy = "Is the server running? Start one with 'concord-server --dev', or name others with --endpoints or CONCORD_ENDPOINTS.",
        },
        StorageDamagedException damaged => new()
        {
            ExitCode = ExitCode.Failure,
            Code = "damaged",
            Message = $"'{damaged.Path}' is damaged at byte {damaged.Offset}: {damaged.Found}",
            Remedy = "Use another copy.",
        },
        DiskException disk => new() { ExitCode = ExitCode.Failure, Code = "disk", Message = disk.Message },
        IOException pipe when pipe.HResult == BrokenPipe => new() { ExitCode = ExitCode.Ok, Code = "", Message = "" },
        _ => null,
    };

    private static bool IsHandshake(Exception? exception) =>
        exception is not null && (exception is AuthenticationException or ObjectDisposedException || IsHandshake(exception.InnerException));

    public static ErrorReport Of(ConcordServerException refused)
    {
        var detail = refused.Detail;
        return new()
        {
            ExitCode = ServerErrors.ExitCodeOf(refused),
            Code = refused.Code,
            Message = detail.Message.Length > 0 ? detail.Message : $"The server refused with the status {refused.Status}.",
            Field = detail.Field,
            Remedy = ServerErrors.RemedyOf(refused),
            Line = detail.Line,
            Column = detail.Column,
            ExpectedRelease = detail.ExpectedRelease,
            ActualRelease = detail.ActualRelease,
            Path = detail.Id is { Application.Length: > 0, Environment.Length: > 0 } id
                ? new(id.Application, id.Environment, id.Name, id.Selector.ToDictionary())
                : null,
        };
    }

    public void Write(Invocation call)
    {
        if (Message.Length == 0)
            return;

        if (call.WantsJson)
        {
            Json.Write(call.Host.Error, new ErrorDocument(ErrorJson.Of(this)), OutputJson.Pretty.ErrorDocument);
            return;
        }

        WriteText(call.ErrorScreen, call.Source);
    }

    public void WriteText(Screen screen, SourceText? source)
    {
        screen.Line(new Ink("error: ", Palette.Problem), Visible.Of(Message));
        if (Line > 0 && source is not null)
            SourceExcerpt.Write(screen, source, Line, Column);
        if (Path is not null)
            screen.Line(Ink.Dim("  configuration: "), Path.ToString());
        if (Field.Length > 0)
            screen.Line(Ink.Dim("  field: "), Visible.Of(Field));
        if (ExpectedRelease != ActualRelease)
            screen.Line(Ink.Dim("  expected release: "), $"{ExpectedRelease}", Ink.Dim(", newest release: "), $"{ActualRelease}");
        if (Remedy.Length > 0)
            screen.Line(Ink.Dim("  remedy: "), Visible.Of(Remedy));
    }

    /// <summary>EPIPE: the reader of our output (head, less) has seen enough.</summary>
    private const int BrokenPipe = 32;

    private static string CodeOf(ExitCode exitCode) => exitCode switch
    {
        ExitCode.Usage => "usage",
        ExitCode.Conflict => "conflict",
        ExitCode.NotFound => "not_found",
        ExitCode.Unavailable => "unavailable",
        ExitCode.NotPermitted => "not_permitted",
        _ => "failure",
    };
}
