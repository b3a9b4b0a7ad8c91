using System.IO.Pipelines;
using Concord.Server.Configs.Push;

namespace Concord.Server.Configs.Rest;

/// <summary>One server-sent events response.</summary>
internal sealed class SseConnection(PipeWriter output, CancellationToken aborted) : WatchConnection
{
    protected override async ValueTask WriteAsync(int subscription, WatchEvent next)
    {
        var result = await output.WriteAsync(next.ServerSent, aborted);
        if (result.IsCompleted)
        {
            throw new OperationCanceledException("The client has closed the response.");
        }

        if (next is WatchEvent.Refusal)
        {
            // The one view of this response; there is nothing more to say.
            Close();
        }
    }
}
