using Concord.Benchmarks.Http2;
using Concord.Protocol.Etcd;

namespace Concord.Benchmarks.Load;

/// <summary>One stream of renewals, one at a time.</summary>
internal sealed class LeaseStream
{
    private readonly StreamCall _call;
    private TaskCompletionSource<LeaseKeepAliveResponse> _answer = new();
    private bool _isStarted;

    public LeaseStream(Http2Connection connection)
    {
        _call = new StreamCall(connection, EtcdMethods.LeaseKeepAlive, message => _answer.TrySetResult(LeaseKeepAliveResponse.Parser.ParseFrom(message)));
        _call.End.ContinueWith(end => _answer.TrySetException(new GrpcException(end.Result)), TaskScheduler.Default);
    }

    /// <remarks>As with <see cref="UnaryCall{TResponse}"/>, the caller goes on on the connection's reader.</remarks>
    public Task<LeaseKeepAliveResponse> KeepAliveAsync(long lease)
    {
        _answer = new();
        var request = new LeaseKeepAliveRequest { ID = lease };
        if (_isStarted)
        {
            _call.Send(request);
        }
        else
        {
            _isStarted = true;
            _call.Start(request);
        }

        return _call.End.IsCompleted ? Task.FromException<LeaseKeepAliveResponse>(new GrpcException(_call.End.Result)) : _answer.Task;
    }
}
