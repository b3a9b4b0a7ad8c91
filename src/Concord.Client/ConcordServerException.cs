using Concord.Protocol.V1;
using Grpc.Core;

namespace Concord.Client;

/// <summary>The server understood the call and refused it.</summary>
public sealed class ConcordServerException : ConcordException
{
    internal ConcordServerException(StatusCode status, ErrorDetail detail, Exception? inner)
        : base(Describe(detail), inner)
    {
        Status = status;
        Detail = detail;
    }

    /// <summary>The gRPC status of the answer.</summary>
    public StatusCode Status { get; }

    /// <summary>
    /// A stable word for programs, such as "conflict" or "malformed_document"; for an API without such words the name of
    /// the status, such as "NotFound".
    /// </summary>
    public string Code => Detail.Code;

    /// <summary>The request's field that is at fault; empty if none is.</summary>
    public string Field => Detail.Field;

    /// <summary>What to do about it; empty if the server had no advice.</summary>
    public string Remedy => Detail.Remedy;

    /// <summary>Everything the server said, with positions in a document and both sides of a conflict.</summary>
    public ErrorDetail Detail { get; }

    /// <inheritdoc/>
    /// <remarks>The same status as "too many requests" also says that the database is full or a message too large: those stay.</remarks>
    public override bool IsTransient => Status == StatusCode.Unavailable
        || (Status == StatusCode.ResourceExhausted && (Code == "too_many_requests" || Detail.Message == "etcdserver: too many requests"));

    /// <summary>Whether signing in again may help; the client has done that for single calls.</summary>
    internal bool IsTokenRefusal => InnerException is RpcException error && Connection.TokenSource.IsRefusal(error);

    private static string Describe(ErrorDetail detail) =>
        detail.Remedy.Length == 0 ? detail.Message : $"{detail.Message} {detail.Remedy}";
}
