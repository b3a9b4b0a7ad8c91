namespace Concord.Benchmarks.Http2;

/// <summary>How a call ended; code 0 is success.</summary>
internal readonly record struct GrpcStatus(int Code, string Message)
{
    private const int UnavailableCode = 14;

    public static GrpcStatus Ok => default;

    public bool IsOk => Code == 0;

    public static GrpcStatus Unavailable(string message) => new(UnavailableCode, message);
}

/// <summary>A call that did not end well.</summary>
internal sealed class GrpcException(GrpcStatus status) : Exception($"status {status.Code}: {status.Message}")
{
    public GrpcStatus Status { get; } = status;
}
