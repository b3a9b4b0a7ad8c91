using Google.Protobuf;

namespace Concord.Benchmarks.Http2;

/// <summary>Takes one message as its bytes: ten thousand streams are too many to make objects for each message.</summary>
internal delegate void MessageHandler(ReadOnlySpan<byte> message);

/// <summary>A call that stays open: requests at any time, a callback for each answer.</summary>
internal sealed class StreamCall(Http2Connection connection, string path, MessageHandler onMessage) : GrpcCall
{
    private readonly TaskCompletionSource<GrpcStatus> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the server ends the call.</summary>
    public Task<GrpcStatus> End => _end.Task;

    /// <param name="isOnly">The method takes one request, and the server waits for its end.</param>
    public void Start(IMessage request, bool isOnly = false) => connection.Start(this, path, request, endStream: isOnly);

    public void Send(IMessage request) => connection.Send(this, request);

    protected override void OnMessage(ReadOnlySpan<byte> message) => onMessage(message);

    protected internal override void OnEnd(GrpcStatus status) => _end.TrySetResult(status);
}
