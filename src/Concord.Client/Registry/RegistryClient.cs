using System.Runtime.CompilerServices;
using Concord.Client.Connection;
using V1 = Concord.Protocol.V1;

namespace Concord.Client.Registry;

/// <summary>Registers instances of services, finds them, and follows them.</summary>
/// <remarks>
/// Every call throws <see cref="ConcordServerException"/> when the server says no (its code, field and remedy are in the
/// exception) and <see cref="ConcordUnavailableException"/> when no endpoint answers.
/// </remarks>
public sealed class RegistryClient
{
    private readonly FailoverInvoker _invoker;
    private readonly ConcordClientOptions _options;
    private readonly V1.Registry.RegistryClient _registry;

    internal RegistryClient(FailoverInvoker invoker, ConcordClientOptions options)
    {
        _invoker = invoker;
        _options = options;
        _registry = new V1.Registry.RegistryClient(invoker);
    }

    /// <summary>Registers an instance for as long as the answer lives. Waits until a server has taken it.</summary>
    public async Task<ServiceRegistration> RegisterAsync(
        InstanceRegistration instance, ServiceRegistrationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var registration = new ServiceRegistration(_invoker.Ring, _invoker.Channels, _invoker, _options, instance, options ?? new());
        try
        {
            await registration.Registered.WaitAsync(cancellationToken).ConfigureAwait(false);
            return registration;
        }
        catch
        {
            await registration.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Registers an instance that stays until it is deregistered; the servers look how it does, if there is a check.</summary>
    /// <returns>Its generation.</returns>
    public async Task<long> RegisterPersistentAsync(
        InstanceRegistration instance, ServiceCheck? check = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var message = RegistryMapping.ToMessage(instance);
        message.Persistent = true;
        message.Check = RegistryMapping.ToMessage(check);
        var answer = await _registry.RegisterInstanceAsync(new() { Instance = message }, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return answer.Generation;
    }

    /// <summary>Registers an ephemeral instance that somebody else keeps up by <see cref="RenewAsync"/>.</summary>
    /// <returns>Its generation.</returns>
    public async Task<long> RegisterEphemeralAsync(
        InstanceRegistration instance, TimeSpan timeToLive, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var request = new V1.RegisterInstanceRequest { Instance = RegistryMapping.ToMessage(instance), TtlSeconds = RegistryMapping.Seconds(timeToLive) };
        var answer = await _registry.RegisterInstanceAsync(request, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);
        return answer.Generation;
    }

    /// <summary>A sign of life; when the next one is due at the latest.</summary>
    public async Task<TimeSpan> RenewAsync(string service, string id, long generation, CancellationToken cancellationToken = default)
    {
        var answer = await _registry.RenewAsync(new() { Service = service, Id = id, Generation = generation }, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return TimeSpan.FromSeconds(answer.TtlSeconds);
    }

    /// <summary>How an instance does, said by somebody else than itself.</summary>
    /// <param name="generation">0: whichever there is.</param>
    public async Task SetStateAsync(
        string service, string id, InstanceState state, string reason = "", long generation = 0, CancellationToken cancellationToken = default) =>
        await _registry.SetStateAsync(
            new() { Service = service, Id = id, State = (V1.InstanceState)state, Reason = reason, Generation = generation }, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);

    /// <summary>False if there was no such instance.</summary>
    /// <param name="generation">0: whichever there is.</param>
    public async Task<bool> DeregisterAsync(string service, string id, long generation = 0, CancellationToken cancellationToken = default)
    {
        var answer = await _registry.DeregisterAsync(new() { Service = service, Id = id, Generation = generation }, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return answer.Removed;
    }

    /// <summary>Takes an instance out of service, or back. False if it was so already.</summary>
    public async Task<bool> SetMaintenanceAsync(
        string service, string id, bool enabled, string reason = "", string author = "", CancellationToken cancellationToken = default)
    {
        var request = new V1.SetMaintenanceRequest { Instance = new() { Service = service, Id = id }, Enabled = enabled, Reason = reason, Author = author };
        return (await _registry.SetMaintenanceAsync(request, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false)).Changed;
    }

    /// <summary>Takes all instances that are in a zone out of service, or back. False if it was so already.</summary>
    public async Task<bool> SetZoneMaintenanceAsync(
        string zone, bool enabled, string reason = "", string author = "", CancellationToken cancellationToken = default)
    {
        var request = new V1.SetMaintenanceRequest { Zone = zone, Enabled = enabled, Reason = reason, Author = author };
        return (await _registry.SetMaintenanceAsync(request, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false)).Changed;
    }

    /// <summary>Below which share of healthy instances all are given to those who ask for healthy ones.</summary>
    public async Task SetPanicPercentAsync(string service, int percent, CancellationToken cancellationToken = default) =>
        await _registry.ConfigureServiceAsync(new() { Service = service, PanicPercent = percent }, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);

    /// <summary>All services whose names begin with a prefix, and that have an instance with a tag, if one is given.</summary>
    public async Task<IReadOnlyList<ServiceSummary>> ListServicesAsync(string prefix = "", string tag = "", CancellationToken cancellationToken = default)
    {
        var answer = await _registry.ListServicesAsync(new() { Prefix = prefix, Tag = tag }, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return [.. answer.Services.Select(RegistryMapping.ToRecord)];
    }

    public async Task<ServiceView> ListInstancesAsync(InstanceFilter filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var answer = await _registry.ListServiceInstancesAsync(new() { Filter = RegistryMapping.ToMessage(filter) }, cancellationToken: cancellationToken)
            .ResponseAsync.ConfigureAwait(false);
        return RegistryMapping.ToRecord(answer);
    }

    /// <summary>
    /// Follows instances: the whole view first, then changes. Connects again by itself and goes on from what it had; throws
    /// <see cref="ConcordServerException"/> only if the server refuses the filter or the right.
    /// </summary>
    public async IAsyncEnumerable<ServiceWatchEvent> WatchAsync(InstanceFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        using var watcher = new InstanceWatcher(_registry, filter, _options, _invoker.Ring, _invoker.Channels.Tokens);
        while (true)
        {
            if (await watcher.NextAsync(cancellationToken).ConfigureAwait(false) is { } next)
                yield return next;
        }
    }
}
