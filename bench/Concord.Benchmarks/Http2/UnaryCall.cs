using System.Threading.Tasks.Sources;
using Google.Protobuf;

namespace Concord.Benchmarks.Http2;

/// <summary>
/// One client that calls one method again and again, one call at a time. The caller goes on on the connection's reader,
/// so its next request leaves with those of the others that the same bytes woke.
/// </summary>
internal sealed class UnaryCall<TResponse>(Http2Connection connection, string path, MessageParser<TResponse> parser) : GrpcCall, IValueTaskSource<TResponse>
    where TResponse : class, IMessage<TResponse>
{
    private ManualResetValueTaskSourceCore<TResponse> _completion;
    private TResponse? _response;

    public ValueTask<TResponse> CallAsync(IMessage request)
    {
        _completion.Reset();
        _response = null;
        var result = new ValueTask<TResponse>(this, _completion.Version);
        connection.Start(this, path, request, endStream: true);
        return result;
    }

    protected override void OnMessage(ReadOnlySpan<byte> message) => _response = parser.ParseFrom(message);

    protected internal override void OnEnd(GrpcStatus status)
    {
        if (!status.IsOk)
        {
            _completion.SetException(new GrpcException(status));
        }
        else if (_response is null)
        {
            _completion.SetException(new GrpcException(GrpcStatus.Unavailable("the server ended the call without an answer")));
        }
        else
        {
            _completion.SetResult(_response);
        }
    }

    TResponse IValueTaskSource<TResponse>.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<TResponse>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<TResponse>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);
}
