using Grpc.Core;

namespace Concord.Agent.Faces;

/// <summary>Passes a stream in both directions, to its end on either side.</summary>
internal static class Pump
{
    /// <param name="seen">Looks at what comes down, before it goes on.</param>
    /// <exception cref="RpcException">As the server ended it.</exception>
    public static async Task RunAsync<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, AsyncDuplexStreamingCall<TRequest, TResponse> server,
        Action<TRequest>? asked, Action<TResponse>? seen, CancellationToken process)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(process);
        var up = UpAsync(requests, server.RequestStream, asked, ending.Token);
        try
        {
            while (await server.ResponseStream.MoveNext(process))
            {
                seen?.Invoke(server.ResponseStream.Current);
                await responses.WriteAsync(server.ResponseStream.Current, process);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await up.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task UpAsync<TRequest>(IAsyncStreamReader<TRequest> requests, IClientStreamWriter<TRequest> server, Action<TRequest>? asked, CancellationToken stop)
    {
        while (await requests.MoveNext(stop))
        {
            asked?.Invoke(requests.Current);
            await server.WriteAsync(requests.Current, stop);
        }

        // The process has no more to say: for instances that is their end.
        await server.CompleteAsync();
    }
}
