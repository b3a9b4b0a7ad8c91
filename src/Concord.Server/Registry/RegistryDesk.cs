using Concord.Mvcc;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Planning;
using Concord.Server.Registry.Records;
using Concord.Server.Registry.Views;

namespace Concord.Server.Registry;

/// <summary>What a registration was answered with.</summary>
/// <param name="TtlSeconds">0 for one that needs no renewal.</param>
internal sealed record Registered(long Generation, long Revision, int TtlSeconds);

/// <summary>
/// Registers, renews, changes and removes instances. Each call plans on the newest state and writes; if somebody else wrote in
/// between, it plans anew.
/// </summary>
internal sealed class RegistryDesk(RegistryStore store, TimeProvider time)
{
    /// <summary>The agent that the caller came through; null: none. What is registered lives no longer than its host.</summary>
    public string? Node { get; init; }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Without a stream; an instance that needs renewal gets a lease of its own.</summary>
    public async Task<Registered> RegisterAsync(Registration registration, long generation, int ttlSeconds, CancellationToken cancellation)
    {
        var ttl = registration.Check is { Kind: HealthCheckKind.Ttl } check ? check.TtlSeconds
            : RegistryNames.Number(ttlSeconds, RegistryLimits.TtlSecondsMin, RegistryLimits.TtlSecondsMax, RegistryLimits.TtlSecondsDefault, "ttl_seconds");
        if (!registration.NeedsRenewal)
        {
            return await RegisterAsync(registration, generation, LeaseId.None, 0, cancellation);
        }

        await CheckAsync(registration, generation, cancellation);
        return await OnLeaseAsync(ttl, lease => RegisterAsync(registration, generation, lease, ttl, cancellation), cancellation);
    }

    /// <summary>Whether it could be registered now: looked at before a lease is made for nothing.</summary>
    public async Task CheckAsync(Registration registration, long generation, CancellationToken cancellation) =>
        RegistryPlanner.Register(await store.ReadAsync(cancellation), registration with { Node = Node }, generation, LeaseId.None, Now);

    /// <summary>On a lease that somebody renews.</summary>
    public async Task<Registered> RegisterAsync(Registration registration, long generation, LeaseId lease, int ttlSeconds, CancellationToken cancellation)
    {
        RegistryPlan? written = null;
        var revision = await WriteAsync(state => written = RegistryPlanner.Register(state, registration with { Node = Node }, generation, lease, Now), $"{registration.Service}/{registration.Id}", cancellation);
        return new(written!.Generation, revision.GetValueOrDefault(), ttlSeconds);
    }

    /// <summary>A sign of life; the seconds until the next one is due.</summary>
    public async Task<int> RenewAsync(string service, string id, long generation, CancellationToken cancellation)
    {
        var state = await store.ReadAsync(cancellation);
        state.Rights.RequireRegister(service, id);
        var known = RegistryPlanner.Require(state.Instance(service, id), service, id, generation);
        if (!known.Record.NeedsRenewal)
        {
            throw new RegistryException(RegistryErrorCode.InvalidRequest, $"{service}/{id} is persistent and needs no renewal.", "id", "Set its state instead, or register it with a TTL check.");
        }

        var left = known.BeatRevision > 0 ? await store.KeepAlive(new(known.Lease), cancellation) : 0;
        if (known.Record.Check is not { Kind: HealthCheckKind.Ttl } check)
        {
            return left > 0 ? (int)left
                : throw new RegistryException(RegistryErrorCode.Expired, $"The time of {service}/{id} was over before this renewal.", "generation", "Register it again, with the same generation to take it up.");
        }

        if (left > 0 && known.Record.State is not (InstanceState.Starting or InstanceState.Critical))
        {
            return (int)left;
        }

        return left > 0
            ? await ReviveAsync(new(known.Lease))
            : await OnLeaseAsync(check.TtlSeconds, ReviveAsync, cancellation);

        async Task<int> ReviveAsync(LeaseId lease)
        {
            await WriteAsync(now => RegistryPlanner.Revive(now, service, id, generation, lease, Now), $"{service}/{id}", cancellation);
            return check.TtlSeconds;
        }
    }

    public Task<long?> SetStateAsync(string service, string id, long generation, InstanceState next, string reason, CancellationToken cancellation)
    {
        var said = InstanceStates.Said(next, "state");
        RegistryNames.Text(reason, RegistryLimits.ReasonCharacters, "reason");
        return WriteAsync(state => RegistryPlanner.SetState(state, service, id, generation, said, reason, Now), $"{service}/{id}", cancellation);
    }

    /// <summary>What a look of this server found.</summary>
    public Task<long?> CheckedAsync(string service, string id, long generation, InstanceState next, string reason, CancellationToken cancellation) =>
        WriteAsync(state => RegistryPlanner.CheckResult(state, service, id, generation, next, reason, Now), $"{service}/{id}", cancellation);

    /// <summary>What the looks of the caller, an agent, found.</summary>
    public Task<long?> ReportAsync(string service, string id, long generation, InstanceState next, string reason, CancellationToken cancellation)
    {
        if (Node is not { } node)
        {
            throw RegistryAccess.NoNode();
        }

        if (generation <= 0 || next is not (InstanceState.Passing or InstanceState.Warning or InstanceState.Critical))
        {
            throw new RegistryException(
                RegistryErrorCode.InvalidRequest, "A check finds passing, warning or critical, for one registration.", generation <= 0 ? "generation" : "state", "Report the generation and one of these states.");
        }

        RegistryNames.Text(reason, RegistryLimits.ReasonCharacters, "reason");
        return WriteAsync(state => RegistryPlanner.CheckReport(state, node, service, id, generation, next, reason, Now), $"{service}/{id}", cancellation);
    }

    public Task<long?> LoseAsync(string service, string id, long generation, LeaseId lease, string reason, CancellationToken cancellation) =>
        WriteAsync(state => RegistryPlanner.Lost(state, service, id, generation, lease, reason, Now), $"{service}/{id}", cancellation);

    /// <summary>The revision that removed it; null if there was none.</summary>
    public Task<long?> DeregisterAsync(string service, string id, long generation, CancellationToken cancellation) =>
        WriteAsync(state => RegistryPlanner.Deregister(state, service, id, generation), $"{service}/{id}", cancellation);

    public Task<long?> MaintainAsync(string service, string id, bool enabled, string reason, string author, CancellationToken cancellation)
    {
        var record = enabled ? Maintenance(reason, author) : null;
        return WriteAsync(state => RegistryPlanner.Maintain(state, service, id, record), $"{service}/{id}", cancellation);
    }

    public Task<long?> MaintainZoneAsync(string zone, bool enabled, string reason, string author, CancellationToken cancellation)
    {
        var record = enabled ? Maintenance(reason, author) : null;
        return WriteAsync(state => RegistryPlanner.MaintainZone(state, zone, record), zone, cancellation);
    }

    public Task<long?> ConfigureAsync(string service, int panicPercent, CancellationToken cancellation) => panicPercent is >= 0 and <= 100
        ? WriteAsync(state => RegistryPlanner.Configure(state, service, new(panicPercent)), service, cancellation)
        : throw new RegistryException(RegistryErrorCode.InvalidRequest, $"{panicPercent} is no share in percent.", "panic_percent", "Use 0 to 100; 0 switches it off.");

    private MaintenanceRecord Maintenance(string reason, string author) => new(
        RegistryNames.Text(reason.Length == 0 ? "maintenance" : reason, RegistryLimits.ReasonCharacters, "reason"),
        store.AuthorOf(RegistryNames.Text(author, RegistryLimits.AuthorCharacters, "author")),
        Now);

    /// <summary>The revision that the change was written at, or null if there was nothing to change.</summary>
    private async Task<long?> WriteAsync(Func<RegistryState, RegistryPlan?> make, string what, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < RegistryLimits.WriteAttempts; attempt++)
        {
            if (make(await store.ReadAsync(cancellation)) is not { } plan)
            {
                return null;
            }

            if (await store.TryWriteAsync(plan, cancellation) is { } revision)
            {
                return revision;
            }
        }

        throw new RegistryException(RegistryErrorCode.Contention, $"Others changed {what} each time this was about to be written.", "", "Try again; look who else registers under this id.");
    }

    /// <summary>A lease for what is written next; ended again if that fails.</summary>
    private async Task<T> OnLeaseAsync<T>(int ttlSeconds, Func<LeaseId, Task<T>> write, CancellationToken cancellation)
    {
        var lease = await store.GrantAsync(ttlSeconds, cancellation);
        try
        {
            return await write(lease);
        }
        catch (RegistryException)
        {
            await store.RevokeAsync(lease, cancellation);
            throw;
        }
    }
}
