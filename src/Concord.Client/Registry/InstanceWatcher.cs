using Concord.Client.Connection;
using Grpc.Core;
using V1 = Concord.Protocol.V1;

namespace Concord.Client.Registry;

/// <summary>One watch over as many streams as it takes: knows the revision it has, and goes on from it elsewhere.</summary>
internal sealed class InstanceWatcher(
    V1.Registry.RegistryClient registry, InstanceFilter filter, ConcordClientOptions options, EndpointRing ring, TokenSource? tokens) : IDisposable
{
    private AsyncServerStreamingCall<V1.WatchServicesResponse>? _stream;
    private CancellationTokenSource? _silence;
    private ServiceView? _view;
    private long _revision;
    private int _failures;
    private TimeSpan _delay;

    public void Dispose() => Close();

    /// <summary>The next event; null for a sign of life alone. Throws when cancelled or when the server refuses the watch.</summary>
    public async Task<ServiceWatchEvent?> NextAsync(CancellationToken cancellationToken)
    {
        if (_delay > TimeSpan.Zero)
        {
            await Task.Delay(_delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            _delay = TimeSpan.Zero;
        }

        try
        {
            if (_stream is null)
            {
                // The first answer must come as quickly as any answer; later, silence is measured in heartbeats.
                _silence = new CancellationTokenSource(options.CallTimeout, options.TimeProvider);
                _stream = registry.Watch(
                    new V1.WatchServicesRequest { Filter = RegistryMapping.ToMessage(filter), KnownRevision = _view is null ? 0 : _revision },
                    cancellationToken: _silence.Token);
            }

            using var giveUp = cancellationToken.Register(_silence!.Cancel);
            if (!await _stream.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
                return Interrupt(new ConcordUnavailableException("The server ended the watch."));
            _silence.CancelAfter(options.SilenceLimit);
            _failures = 0;
            return Take(_stream.ResponseStream.Current);
        }
        catch (Exception exception) when (exception is OperationCanceledException || _silence is { IsCancellationRequested: true })
        {
            cancellationToken.ThrowIfCancellationRequested();
            ring.MoveOnFrom(ring.CurrentIndex);
            return Interrupt(new ConcordUnavailableException("No sign of life from the server.", exception));
        }
        catch (ConcordException exception) when (exception.IsTransient || (tokens is not null && exception is ConcordServerException { IsTokenRefusal: true }))
        {
            return Interrupt(exception);
        }
    }

    private ServiceWatchEvent? Take(V1.WatchServicesResponse message)
    {
        switch (message.EventCase)
        {
            case V1.WatchServicesResponse.EventOneofCase.Full:
                _view = RegistryMapping.ToRecord(message.Full);
                _revision = _view.Revision;
                return new ServiceWatchEvent.Full(_view);
            case V1.WatchServicesResponse.EventOneofCase.Delta when _view is not null:
                var change = RegistryMapping.Apply(_view, message.Delta);
                _view = change.View;
                _revision = message.Delta.Revision;
                return change.Set.Count + change.Removed.Count + change.Services.Count == 0 ? null : change;
            case V1.WatchServicesResponse.EventOneofCase.Heartbeat:
                _revision = Math.Max(_revision, message.Heartbeat.Revision);
                return null;
            default:
                return null;
        }
    }

    private ServiceWatchEvent.Interrupted Interrupt(ConcordException reason)
    {
        Close();
        _delay = Backoff.Wait(++_failures, ring.Count, options.BackoffMin, options.BackoffMax);
        return new(reason, _delay);
    }

    private void Close()
    {
        _stream?.Dispose();
        _stream = null;
        _silence?.Dispose();
        _silence = null;
    }
}
