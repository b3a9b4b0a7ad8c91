using Concord.Client;
using Grpc.Core;

namespace Concord.Cli.Errors;

/// <summary>Which exit code an answer of the server means.</summary>
internal static class ServerErrors
{
    public static ExitCode ExitCodeOf(ConcordServerException exception) => exception switch
    {
        // The words of the configuration centre say it in streams too, where there is no status of their own.
        { Code: "conflict" } => ExitCode.Conflict,
        { Code: "unknown_application" or "unknown_environment" or "unknown_configuration" or "unknown_release" } => ExitCode.NotFound,
        // What is written is at fault: it has to be written differently.
        { Code: "cannot_edit" or "unresolved_reference" or "unknown_import" } => ExitCode.Usage,
        { Status: StatusCode.Aborted or StatusCode.AlreadyExists } => ExitCode.Conflict,
        { Status: StatusCode.InvalidArgument or StatusCode.OutOfRange } => ExitCode.Usage,
        { Status: StatusCode.NotFound } => ExitCode.NotFound,
        { Status: StatusCode.PermissionDenied or StatusCode.Unauthenticated } => ExitCode.NotPermitted,
        { IsTransient: true } or { Status: StatusCode.DeadlineExceeded } => ExitCode.Unavailable,
        _ => ExitCode.Failure,
    };

    /// <summary>The advice where the server gave none.</summary>
    public static string RemedyOf(ConcordServerException exception) => exception switch
    {
        { Remedy.Length: > 0 } => exception.Remedy,
        { Status: StatusCode.Unimplemented } => "The server at this endpoint does not know this call: is it a Concord server, and not older than this tool?",
        _ => "",
    };
}
