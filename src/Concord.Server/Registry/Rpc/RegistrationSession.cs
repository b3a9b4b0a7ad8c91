using Concord.Mvcc;
using Concord.Protocol.V1;
using Concord.Server.Registry.Model;
using Concord.Server.Replica;
using Grpc.Core;

namespace Concord.Server.Registry.Rpc;

/// <summary>
/// One registration stream. All its instances are on one lease that this server renews as long as the client gives signs of life;
/// so a thousand instances cost one renewal, and a renewal is no entry in the log.
/// </summary>
/// <param name="caller">The store as the client may use it.</param>
/// <param name="server">For what is written when the client is gone, whatever it may do by then.</param>
internal sealed class RegistrationSession(RegistryDesk caller, RegistryDesk server, RegistryStore store, TimeProvider time, RegistryLog log, IServerStreamWriter<RegisterResponse> output) : IDisposable
{
    /// <summary>Renewals within one time to live: two may fail.</summary>
    private const int RenewalsPerTtl = 3;

    /// <summary>Instances that are said to be lost at once when a stream breaks; they share flushes.</summary>
    private const int LossesAtOnce = 16;

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Service, string Id), long> _held = [];
    private LeaseId _lease;
    private int _ttlSeconds;
    private long _lastHeard = time.GetTimestamp();

    public void Dispose() => _writing.Dispose();

    /// <summary>Takes requests until the client has no more.</summary>
    /// <exception cref="RegistryException">The client was silent for its whole time to live, or the lease is gone.</exception>
    public async Task RunAsync(IAsyncStreamReader<RegisterRequest> requests, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = ReadAsync(requests, started, ending.Token);
        var keeping = KeepAsync(started.Task, ending.Token);
        try
        {
            await await Task.WhenAny(reading, keeping);
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(reading, keeping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The client has ended the stream: it goes, and its instances with it.</summary>
    public async Task LeaveAsync(CancellationToken cancellation)
    {
        await Parallel.ForEachAsync(Held(), new ParallelOptions { MaxDegreeOfParallelism = LossesAtOnce, CancellationToken = cancellation }, async (one, stop) =>
        {
            try
            {
                await server.DeregisterAsync(one.Service, one.Id, one.Generation, stop);
            }
            catch (RegistryException e) when (e.Error.Code is RegistryErrorCode.Superseded or RegistryErrorCode.UnknownInstance)
            {
                // Somebody else's by now.
            }
        });
        if (!_lease.IsNone)
        {
            await store.RevokeAsync(_lease, cancellation);
        }
    }

    /// <summary>The stream broke: its instances are critical until another stream takes them up or their time is over.</summary>
    public Task LoseAsync(string reason) => Parallel.ForEachAsync(Held(), new ParallelOptions { MaxDegreeOfParallelism = LossesAtOnce }, async (one, stop) =>
    {
        try
        {
            await server.LoseAsync(one.Service, one.Id, one.Generation, _lease, reason, stop);
        }
        catch (Exception e) when (e is ReplicaException or RegistryException)
        {
            // The lease ends by itself.
            log.LossNotWritten(e, one.Service, one.Id);
        }
    });

    private (string Service, string Id, long Generation)[] Held()
    {
        lock (_lock)
        {
            return [.. _held.Select(static one => (one.Key.Service, one.Key.Id, one.Value))];
        }
    }

    private async Task ReadAsync(IAsyncStreamReader<RegisterRequest> requests, TaskCompletionSource started, CancellationToken cancellation)
    {
        while (await requests.MoveNext(cancellation))
        {
            Volatile.Write(ref _lastHeard, time.GetTimestamp());
            await WriteAsync(await AnswerAsync(requests.Current, started, cancellation), cancellation);
        }
    }

    private async Task<RegisterResponse> AnswerAsync(RegisterRequest request, TaskCompletionSource started, CancellationToken cancellation)
    {
        var (service, id) = request.RequestCase switch
        {
            RegisterRequest.RequestOneofCase.Put => (request.Put.Instance?.Service ?? "", request.Put.Instance?.Id ?? ""),
            RegisterRequest.RequestOneofCase.Report => (request.Report.Service, request.Report.Id),
            RegisterRequest.RequestOneofCase.Remove => (request.Remove.Service, request.Remove.Id),
            _ => ("", ""),
        };
        try
        {
            return request.RequestCase switch
            {
                RegisterRequest.RequestOneofCase.Put => new() { Service = service, Id = id, Registered = await PutAsync(request.Put, started, cancellation) },
                RegisterRequest.RequestOneofCase.Report => new() { Service = service, Id = id, Taken = new() { Revision = await SetStateAsync(request.Report, cancellation) } },
                RegisterRequest.RequestOneofCase.Remove => new() { Service = service, Id = id, Removed = new() { Revision = await RemoveAsync(request.Remove, cancellation) } },
                RegisterRequest.RequestOneofCase.Heartbeat => new() { Heartbeat = new() { Revision = store.View().Revision } },
                _ => throw new RegistryException(RegistryErrorCode.InvalidRequest, "The request is empty.", "request", "Send put, report, remove or heartbeat."),
            };
        }
        catch (RegistryException e)
        {
            return new() { Service = service, Id = id, Refused = RegistryMessages.Error(e.Error) };
        }
        catch (ReplicaException e) when (e.Failure != ReplicaFailure.Stopped)
        {
            return new() { Service = service, Id = id, Refused = RegistryRpcErrors.Detail(e) };
        }
    }

    private async Task<RegisterResponse.Types.Registered> PutAsync(RegisterRequest.Types.Put put, TaskCompletionSource started, CancellationToken cancellation)
    {
        var registration = RegistryRequests.Registration(put.Instance);
        if (registration.Persistent)
        {
            throw new RegistryException(RegistryErrorCode.InvalidRequest, "A persistent instance does not live as long as a stream.", "instance.persistent", "Register it by RegisterInstance.");
        }

        var key = (registration.Service, registration.Id);
        lock (_lock)
        {
            if (_held.Count >= RegistryLimits.InstancesPerStream && !_held.ContainsKey(key))
            {
                throw new RegistryException(RegistryErrorCode.TooMany, $"The stream has {RegistryLimits.InstancesPerStream} instances; more are not allowed.", "instance", "Open another stream.");
            }
        }

        var ttl = RegistryNames.Number(put.TtlSeconds, RegistryLimits.TtlSecondsMin, RegistryLimits.TtlSecondsMax, RegistryLimits.TtlSecondsDefault, "ttl_seconds");
        if (_lease.IsNone)
        {
            await caller.CheckAsync(registration, put.Generation, cancellation);
            _ttlSeconds = ttl;
            _lease = await store.GrantAsync(ttl, cancellation);
            started.TrySetResult();
        }

        var registered = await caller.RegisterAsync(registration, put.Generation, _lease, _ttlSeconds, cancellation);
        lock (_lock)
        {
            _held[key] = registered.Generation;
        }

        return new() { Generation = registered.Generation, Revision = registered.Revision, TtlSeconds = _ttlSeconds };
    }

    private async Task<long> SetStateAsync(RegisterRequest.Types.Report report, CancellationToken cancellation)
    {
        var (service, id, generation) = Own(report.Service, report.Id);
        return await caller.SetStateAsync(service, id, generation, InstanceStates.From((int)report.State, "report.state"), report.Reason, cancellation) ?? store.View().Revision;
    }

    private async Task<long> RemoveAsync(RegisterRequest.Types.Remove remove, CancellationToken cancellation)
    {
        var (service, id, generation) = Own(remove.Service, remove.Id);
        var revision = await caller.DeregisterAsync(service, id, generation, cancellation) ?? store.View().Revision;
        lock (_lock)
        {
            _held.Remove((service, id));
        }

        return revision;
    }

    private (string Service, string Id, long Generation) Own(string service, string id)
    {
        var key = (RegistryNames.Service(service, "service"), RegistryNames.Id(id, "id"));
        lock (_lock)
        {
            return _held.TryGetValue(key, out var generation)
                ? (key.Item1, key.Item2, generation)
                : throw new RegistryException(RegistryErrorCode.UnknownInstance, $"{key.Item1}/{key.Item2} is not registered on this stream.", "id", "Send put first.");
        }
    }

    /// <summary>Renews the lease while the client is heard, and looks whether its instances are still its own.</summary>
    private async Task KeepAsync(Task started, CancellationToken cancellation)
    {
        await started.WaitAsync(cancellation);
        var ttl = TimeSpan.FromSeconds(_ttlSeconds);
        while (true)
        {
            await Task.Delay(ttl / RenewalsPerTtl, time, cancellation);
            if (time.GetElapsedTime(Volatile.Read(ref _lastHeard)) >= ttl)
            {
                throw new RegistryException(RegistryErrorCode.Expired, $"Nothing was heard for {_ttlSeconds} s.", "heartbeat", "Send a heartbeat at least three times within the time to live.");
            }

            try
            {
                if (await store.KeepAlive(_lease, cancellation) == 0)
                {
                    throw new RegistryException(RegistryErrorCode.Expired, "The lease of the stream is gone.", "", "Open another stream and take the instances up by their generations.");
                }
            }
            catch (ReplicaException e) when (e.Failure != ReplicaFailure.Stopped)
            {
                // Without a leader no lease ends either; the next leader gives it its whole time.
                continue;
            }

            foreach (var (service, id, generation) in Held())
            {
                if (Loss(service, id, generation) is { } error)
                {
                    lock (_lock)
                    {
                        _held.Remove((service, id));
                    }

                    await WriteAsync(new() { Service = service, Id = id, Refused = RegistryMessages.Error(error) }, cancellation);
                }
            }
        }
    }

    /// <summary>Why an instance is not this stream's any more; null: it is.</summary>
    private RegistryError? Loss(string service, string id, long generation)
    {
        try
        {
            Planning.RegistryPlanner.Require(store.State().Instance(service, id), service, id, generation);
            return null;
        }
        catch (RegistryException e) when (e.Error.Code is RegistryErrorCode.Superseded or RegistryErrorCode.UnknownInstance)
        {
            return e.Error;
        }
        catch (RegistryException)
        {
            // This member has not yet applied what another one was told.
            return null;
        }
    }

    private async Task WriteAsync(RegisterResponse response, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation);
        try
        {
            await output.WriteAsync(response, cancellation);
        }
        finally
        {
            _writing.Release();
        }
    }
}
