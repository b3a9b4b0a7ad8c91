using Concord.Client;
using Grpc.Core;

namespace Concord.Cli.Errors;

/// <summary>Which exit code an answer of the server means.</summary>
internal static class ServerErrors
{
    public static ExitCode ExitCodeOf(ConcordServerException exception) => exception switch
    {
        { Code: "permission_denied" or "unauthenticated" or "watch_refused" } or { Status: StatusCode.InvalidArgument } when IsAboutWho(exception) => ExitCode.NotPermitted,
        { Status: StatusCode.FailedPrecondition } when exception.Message.Contains("name not found", StringComparison.Ordinal) => ExitCode.NotFound,
        { Status: StatusCode.FailedPrecondition } when exception.Message.Contains("already exists", StringComparison.Ordinal) => ExitCode.Conflict,
        // The words of the configuration centre say it in streams too, where there is no status of their own.
        { Code: "conflict" } => ExitCode.Conflict,
        { Code: "unknown_application" or "unknown_environment" or "unknown_configuration" or "unknown_release" } => ExitCode.NotFound,
        // What is written is at fault: it has to be written differently.
        { Code: "cannot_edit" or "unresolved_reference" or "unknown_import" } => ExitCode.Usage,
        { Status: StatusCode.Aborted or StatusCode.AlreadyExists } => ExitCode.Conflict,
        { Status: StatusCode.InvalidArgument or StatusCode.OutOfRange } => ExitCode.Usage,
        { Status: StatusCode.NotFound } => ExitCode.NotFound,
        { Status: StatusCode.PermissionDenied or StatusCode.Unauthenticated } => ExitCode.NotPermitted,
        { IsTransient: true } or { Status: StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted } => ExitCode.Unavailable,
        _ => ExitCode.Failure,
    };

    /// <summary>etcd's texts about users come with statuses that mean much else; clients are to tell by the text.</summary>
    private static bool IsAboutWho(ConcordServerException exception) =>
        exception.Code is "permission_denied" or "unauthenticated"
        || exception.Message.Contains("etcdserver: permission denied", StringComparison.Ordinal)
        || exception.Message.Contains("etcdserver: user name is empty", StringComparison.Ordinal)
        || exception.Message.Contains("etcdserver: authentication failed", StringComparison.Ordinal);

    /// <summary>The advice where the server gave none.</summary>
    public static string RemedyOf(ConcordServerException exception) => exception switch
    {
        { Status: StatusCode.InvalidArgument } when IsAboutWho(exception) => "Name a user with its password: --user name:password, or CONCORD_USER.",
        { Remedy.Length: > 0 } => exception.Remedy,
        { Status: StatusCode.PermissionDenied } => "Ask for a role that has the right ('concord user show', 'concord role show').",
        { Status: StatusCode.FailedPrecondition } when exception.Message.Contains("root user does not", StringComparison.Ordinal) =>
            "Let 'concord auth enable --root-password -' add it, or 'concord user add root --role root'.",
        { Status: StatusCode.Unimplemented } => "The server at this endpoint does not know this call: is it a Concord server, and not older than this tool?",
        _ => "",
    };
}
