using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Concord.Server.Hosting.InProcess;

/// <summary>The server's end of a connection through memory.</summary>
internal sealed class InProcessConnection : DefaultConnectionContext
{
    private readonly CancellationTokenSource _closed = new();

    public InProcessConnection(PipeReader input, PipeWriter output)
        : base(Guid.NewGuid().ToString("n"), new Duplex(input, output), application: null!)
    {
        ConnectionClosed = _closed.Token;
        LocalEndPoint = InProcessEndPoint.Instance;
        RemoteEndPoint = InProcessEndPoint.Instance;
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        Transport.Input.CancelPendingRead();
        Transport.Output.Complete(abortReason);
        _closed.Cancel();
    }

    public override async ValueTask DisposeAsync()
    {
        await Transport.Input.CompleteAsync();
        await Transport.Output.CompleteAsync();
        await _closed.CancelAsync();
        await base.DisposeAsync();
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
