using Concord.Client;
using Concord.Client.Registry;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Concord.Extensions.AspNetCore;

/// <summary>
/// Registers the application when its server listens, says how it does, and takes it out before its server stops. Never in the way of the application: while
/// no registry can be reached it starts, works and stops all the same.
/// </summary>
internal sealed class RegistrationService(
    ConcordClient client, RegistrationSettings settings, IServer? server, HealthCheckService health, HostOptions host, ILogger log) : IHostedLifecycleService, IAsyncDisposable
{
    /// <summary>A check that hangs must not hide what the others say for longer than an instance may be silent.</summary>
    private static readonly TimeSpan HealthPatience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a registration that is under way when the application stops may take. Broken off, the server would know an instance whose
    /// connection is lost, and callers would be told that it failed.
    /// </summary>
    private static readonly TimeSpan RegisteringPatience = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private ServiceRegistration? _registration;
    private bool _wasReady;

    public Task StartingAsync(CancellationToken cancellationToken) => settings.DrainTime < host.ShutdownTimeout
        ? Task.CompletedTask
        : throw new InvalidOperationException(
            $"DrainTime ({settings.DrainTime}) leaves nothing of the host's ShutdownTimeout ({host.ShutdownTimeout}) for what is under way: make {RegistrationSettings.Section}:DrainTime shorter, or HostOptions.ShutdownTimeout longer.");

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>All services have started, so the server is bound.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Before any service stops, the server among them: requests are answered as long as callers may still send some.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        if (_registration is not { } registration)
            return;
        var instance = registration.Instance;
        try
        {
            RegistrationLog.Draining(log, instance.Service, instance.Id, settings.DrainTime);
            await registration.StopAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            RegistrationLog.NotDeregistered(log, instance.Service, instance.Id);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        if (_registration is { } registration)
            await registration.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            if (await EndpointsAsync().ConfigureAwait(false) is not { Count: > 0 } endpoints)
            {
                RegistrationLog.NoEndpoint(log, settings.Service);
                return;
            }

            var instance = InstanceAt(endpoints);
            while (await HoldAsync(instance).ConfigureAwait(false) is { } wait)
                await Task.Delay(wait, client.Options.TimeProvider, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The host stops.
        }
        catch (Exception error)
        {
            RegistrationLog.Failed(log, error, settings.Service);
        }
    }

    /// <summary>Registers and stays with it; how long to wait before the next attempt, or null if there shall be none.</summary>
    private async Task<TimeSpan?> HoldAsync(InstanceRegistration instance)
    {
        using var registering = new CancellationTokenSource();
        using var stopping = _stop.Token.UnsafeRegister(static source => ((CancellationTokenSource)source!).CancelAfter(RegisteringPatience), registering);
        try
        {
            var verdict = await JudgeAsync().ConfigureAwait(false);
            _registration = await client.Registry.RegisterAsync(
                instance with { State = verdict.State, Reason = verdict.Reason },
                new() { TimeToLive = settings.TimeToLive, DrainTime = settings.DrainTime },
                registering.Token).ConfigureAwait(false);
            RegistrationLog.Registered(log, instance.Service, instance.Id, string.Join(' ', instance.Endpoints), verdict.State);
            await TellAsync(_registration, verdict).ConfigureAwait(false);
            return null;
        }
        catch (ConcordServerException refusal) when (refusal.Code == "superseded")
        {
            // Whoever registers anew now takes it from the other, which does the same.
            RegistrationLog.Superseded(log, instance.Service, instance.Id);
            return null;
        }
        catch (ConcordException error)
        {
            var wait = client.Options.BackoffMax * (0.5 + (Random.Shared.NextDouble() / 2));
            RegistrationLog.Refused(log, instance.Service, instance.Id, wait, error.Message);
            return wait;
        }
    }

    /// <summary>Says how the application does, whenever that changes, until the registration is over; throws if that was not wanted.</summary>
    private async Task TellAsync(ServiceRegistration registration, HealthVerdict last)
    {
        using var timer = new PeriodicTimer(settings.HealthPeriod, client.Options.TimeProvider);
        while (true)
        {
            var tick = timer.WaitForNextTickAsync(_stop.Token).AsTask();
            if (await Task.WhenAny(tick, registration.Completion).ConfigureAwait(false) == registration.Completion)
            {
                await registration.Completion.ConfigureAwait(false);
                return;
            }

            await tick.ConfigureAwait(false);
            var verdict = await JudgeAsync().ConfigureAwait(false);
            if (verdict == last)
                continue;
            if (verdict.State != last.State)
                RegistrationLog.StateChanged(log, settings.Service, registration.Instance.Id, verdict.State, verdict.Reason);
            last = verdict;
            await registration.SetStateAsync(verdict.State, verdict.Reason, _stop.Token).ConfigureAwait(false);
        }
    }

    private async Task<HealthVerdict> JudgeAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        patience.CancelAfter(HealthPatience);
        HealthVerdict verdict;
        try
        {
            verdict = HealthVerdict.Of(await health.CheckHealthAsync(settings.HealthPredicate, patience.Token).ConfigureAwait(false), _wasReady);
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            verdict = HealthVerdict.Failed($"The health checks did not answer within {HealthPatience.TotalSeconds:0} s.", _wasReady);
            RegistrationLog.NoVerdict(log, settings.Service, verdict.Reason);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            verdict = HealthVerdict.Failed(error.Message, _wasReady);
            RegistrationLog.NoVerdict(log, settings.Service, verdict.Reason);
        }

        _wasReady |= verdict.State is InstanceState.Passing or InstanceState.Warning;
        return verdict;
    }

    private async Task<IReadOnlyList<ServiceEndpoint>> EndpointsAsync()
    {
        var endpoints = settings.Endpoints.Count > 0 ? settings.Endpoints : await BoundAsync().ConfigureAwait(false);
        return endpoints.Count > 0 && settings.MapEndpoints is { } map ? map(endpoints) : endpoints;
    }

    private async Task<IReadOnlyList<ServiceEndpoint>> BoundAsync()
    {
        var registry = client.CurrentEndpoint;
        var bound = server?.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        var endpoints = await AdvertisedEndpoints.OfAsync(bound, settings.AdvertisedHost, () => AdvertisedEndpoints.LocalAddressToAsync(registry)).ConfigureAwait(false);
        if (endpoints.Count > 0 && endpoints.All(one => AdvertisedEndpoints.IsLoopback(one.Host)) && !AdvertisedEndpoints.IsLoopback(registry.DnsSafeHost))
            RegistrationLog.OnlyLoopback(log, settings.Service, endpoints[0].Host, registry.Authority);
        return endpoints;
    }

    private InstanceRegistration InstanceAt(IReadOnlyList<ServiceEndpoint> endpoints) => new()
    {
        Service = settings.Service,
        Id = settings.Id ?? $"{Environment.MachineName.ToLowerInvariant()}-{endpoints[0].Port}",
        Endpoints = endpoints,
        Zone = settings.Zone,
        Region = settings.Region,
        Version = settings.Version,
        Weight = settings.Weight,
        Tags = settings.Tags,
        Metadata = settings.Metadata,
    };
}
