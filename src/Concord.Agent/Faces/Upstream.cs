using Concord.Agent.Cache;
using Concord.Client;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.Agent.Faces;

/// <summary>The way from a face of the agent to the servers, and what is known when there is none.</summary>
internal sealed class Upstream(ConcordClient client, AgentOptions options, AnswerStore store, AgentLog log)
{
    private const string NodeHeader = "concord-node";

    /// <summary>An answer from memory is better soon than a fresh one late.</summary>
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(5);

    private int _isAway;

    /// <summary>Fails over between the servers and makes reads again.</summary>
    public CallInvoker Invoker => client.Invoker;

    /// <summary>What goes to the servers with each call: through whom it came.</summary>
    public Metadata Headers => new() { { NodeHeader, options.Name } };

    /// <summary>Passes a call on.</summary>
    public async Task<TResponse> PassAsync<TResponse>(Func<CallOptions, AsyncUnaryCall<TResponse>> call, ServerCallContext context)
    {
        try
        {
            var answer = await call(new(Headers, Deadline(context), context.CancellationToken)).ResponseAsync;
            Back();
            return answer;
        }
        catch (ConcordException error)
        {
            throw Translate(error);
        }
    }

    /// <summary>Passes a read on, and remembers the answer; while the servers are away the last one is given.</summary>
    public async Task<TResponse> ReadAsync<TRequest, TResponse>(
        string kind, TRequest request, MessageParser<TResponse> parser, Func<CallOptions, AsyncUnaryCall<TResponse>> call, ServerCallContext context)
        where TRequest : IMessage
        where TResponse : class, IMessage<TResponse>
    {
        try
        {
            var soon = DateTime.UtcNow + ReadTimeout;
            var deadline = Deadline(context) is { } asked && asked < soon ? asked : soon;
            var answer = await call(new(Headers, deadline, context.CancellationToken)).ResponseAsync;
            Back();
            store.Remember(kind, request, answer);
            return answer;
        }
        catch (ConcordException error) when (IsAway(error))
        {
            Away(error.Message);
            return store.Recall(kind, request, parser) ?? throw Translate(error);
        }
        catch (ConcordException error)
        {
            throw Translate(error);
        }
    }

    /// <summary>The servers cannot be reached, or have no leader. What they refuse is another matter.</summary>
    public static bool IsAway(ConcordException error) => error is ConcordUnavailableException or ConcordServerException { Status: StatusCode.Unavailable };

    public void Away(string problem)
    {
        if (Interlocked.Exchange(ref _isAway, 1) == 0)
        {
            log.ServersAway(problem);
        }
    }

    public void Back()
    {
        if (Interlocked.Exchange(ref _isAway, 0) == 1)
        {
            log.ServersBack();
        }
    }

    /// <summary>As the server would have said it to the process itself.</summary>
    public static RpcException Translate(ConcordException error) => error.InnerException is RpcException { Status.DebugException: null } answered && error is ConcordServerException
        ? new(new Status(answered.StatusCode, answered.Status.Detail), answered.Trailers)
        : new(new Status(error is ConcordUnavailableException { TimedOut: true } ? StatusCode.DeadlineExceeded : StatusCode.Unavailable, error.Message));

    private static DateTime? Deadline(ServerCallContext context) => context.Deadline < DateTime.MaxValue ? context.Deadline : null;
}
