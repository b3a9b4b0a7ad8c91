using System.Collections.Concurrent;
using Concord.Protocol.Etcd;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.Tests.Cli;

/// <summary>Each new watch gets the next script of the test; after the last one a watch stays silent.</summary>
internal sealed class FakeWatch : Watch.WatchBase
{
    private readonly ConcurrentQueue<WatchResponse[]> _scripts = new();
    private readonly CancellationTokenSource _end = new();

    private int _streams;

    public int Streams => Volatile.Read(ref _streams);

    public ConcurrentQueue<WatchCreateRequest> Created { get; } = new();

    public RpcException? Refuse { get; set; }

    public ConcurrentQueue<long> Cancelled { get; } = new();

    /// <summary>The answers to one watch. <see cref="Break"/> at the end breaks the stream as a dying server does.</summary>
    public void Script(params WatchResponse[] answers) => _scripts.Enqueue(answers);

    public void EndAll() => _end.Cancel();

    public static WatchResponse Open(long revision) => new() { Header = new() { Revision = revision }, Created = true };

    public static WatchResponse Put(long revision, string key, string value, bool fragment = false) => new()
    {
        Header = new() { Revision = revision },
        Fragment = fragment,
        Events =
        {
            new Event
            {
                Type = Event.Types.EventType.Put,
                Kv = new()
                {
                    Key = ByteString.CopyFromUtf8(key),
                    Value = ByteString.CopyFromUtf8(value),
                    CreateRevision = revision,
                    ModRevision = revision,
                    Version = 1,
                },
            },
        },
    };

    public static WatchResponse Delete(long revision, string key) => new()
    {
        Header = new() { Revision = revision },
        Events = { new Event { Type = Event.Types.EventType.Delete, Kv = new() { Key = ByteString.CopyFromUtf8(key), ModRevision = revision } } },
    };

    public static WatchResponse Progress(long revision) => new() { Header = new() { Revision = revision } };

    public static WatchResponse Compacted(long revision) => new() { Header = new(), Canceled = true, CompactRevision = revision };

    public static WatchResponse Break { get; } = new();

    public override async Task Watch(
        IAsyncStreamReader<WatchRequest> requestStream,
        IServerStreamWriter<WatchResponse> responseStream,
        ServerCallContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, context.CancellationToken);
        Interlocked.Increment(ref _streams);
        if (Refuse is not null)
            throw Refuse;
        var lastId = -1L;
        while (await requestStream.MoveNext(end.Token))
        {
            if (requestStream.Current.CancelRequest is { } cancel)
                Cancelled.Enqueue(cancel.WatchId);
            if (requestStream.Current.CreateRequest is not { } create)
                continue;
            Created.Enqueue(create);
            lastId++;
            foreach (var answer in _scripts.TryDequeue(out var script) ? script : [])
            {
                if (ReferenceEquals(answer, Break))
                    throw new RpcException(new Status(StatusCode.Unavailable, "the server is going away"));
                await responseStream.WriteAsync(answer.WatchId == 0 ? new WatchResponse(answer) { WatchId = lastId } : answer, end.Token);
            }
        }
    }
}
