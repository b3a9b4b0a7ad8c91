using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Concord.Server.Hosting.InProcess;

/// <summary>
/// Connections to this server from within it, through memory: what speaks for a client then passes the same checks and limits as
/// the client itself would, needs no certificate, and works whatever addresses the server listens on.
/// </summary>
internal sealed class InProcessListener : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionListener
{
    /// <summary>How much of one direction waits to be read before the writer waits.</summary>
    private const int BufferBytes = 1 << 20;

    private readonly Channel<ConnectionContext> _accepted = Channel.CreateUnbounded<ConnectionContext>();

    public EndPoint EndPoint => InProcessEndPoint.Instance;

    public bool CanBind(EndPoint endpoint) => endpoint is InProcessEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    /// <summary>The client's end of a new connection.</summary>
    /// <exception cref="IOException">The server has stopped listening.</exception>
    public Stream Connect()
    {
        var options = new PipeOptions(pauseWriterThreshold: BufferBytes, resumeWriterThreshold: BufferBytes / 2, useSynchronizationContext: false);
        var toServer = new Pipe(options);
        var toClient = new Pipe(options);
        var connection = new InProcessConnection(toServer.Reader, toClient.Writer);
        if (!_accepted.Writer.TryWrite(connection))
        {
            throw new IOException("The server is stopping.");
        }

        return new InProcessStream(toClient.Reader, toServer.Writer);
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _accepted.Reader.WaitToReadAsync(cancellationToken) && _accepted.Reader.TryRead(out var connection) ? connection : null;

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _accepted.Writer.TryComplete();
        return default;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}
