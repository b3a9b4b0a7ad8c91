using Concord.Mvcc;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Records;
using Concord.Server.Registry.Views;

namespace Concord.Server.Registry.Planning;

/// <summary>
/// What a request makes of a state: functions from both to a plan, or to null where there is nothing to change. Nothing here reads
/// a clock or waits; whoever writes the plan makes it anew if the state has changed in between.
/// </summary>
/// <remarks>
/// A generation is the revision that the registration was planned to get, so it grows with each registration of an id without
/// anything that has to be kept about ids that are gone: the second one of two is planned on a state that holds the first.
/// </remarks>
internal static class RegistryPlanner
{
    /// <param name="generation">What the instance was given before, to take it up again; 0 registers anew.</param>
    /// <param name="lease">What keeps it; none for one that needs no renewal.</param>
    public static RegistryPlan Register(RegistryState state, Registration registration, long generation, LeaseId lease, long now)
    {
        var (service, id) = (registration.Service, registration.Id);
        state.Rights.RequireRegister(service, id);
        var known = state.Instance(service, id);
        if (generation != 0)
        {
            Require(known, service, id, generation);
        }
        else if (known is null && state.CountInstances(service) >= RegistryLimits.InstancesPerService)
        {
            throw new RegistryException(RegistryErrorCode.TooMany, $"{service} has {RegistryLimits.InstancesPerService} instances; more are not allowed.", "service", "Divide it into several services, such as one per region.");
        }

        var number = generation != 0 ? generation : state.Revision + 1;
        var record = InstanceRecord.Of(registration, number, now);
        var key = RegistryKeys.Instance(service, id);
        var writes = new List<Operation>();
        if (generation != 0 && known is not null)
        {
            record = record with { RegisteredUnixMs = known.Record.RegisteredUnixMs, StateSinceUnixMs = known.Record.State == record.State ? known.Record.StateSinceUnixMs : now };
        }

        var encoded = RegistryRecords.Encode(record);
        if (known is null || !state.Get(key)!.ValueSpan.SequenceEqual(encoded))
        {
            writes.Add(new PutOperation(key, encoded));
        }

        if (registration.NeedsRenewal)
        {
            writes.Add(new PutOperation(RegistryKeys.Beat(service, id), default) { Lease = lease });
        }
        else if (known is { BeatRevision: > 0 })
        {
            writes.Add(new DeleteOperation(KeyRange.Single(RegistryKeys.Beat(service, id))));
        }

        return RegistryPlan.Of([RegistryPlan.At(key, known?.Revision ?? 0)], writes, RegistryRights.ToRegister(service, id)) with { Generation = number };
    }

    /// <summary>A sign of life on a new lease, for one whose time was over or that has none yet; says passing where that was why it was not.</summary>
    public static RegistryPlan Revive(RegistryState state, string service, string id, long generation, LeaseId lease, long now)
    {
        state.Rights.RequireRegister(service, id);
        var known = Require(state.Instance(service, id), service, id, generation);
        var writes = new List<Operation> { new PutOperation(RegistryKeys.Beat(service, id), default) { Lease = lease } };
        if (known.Record.State is InstanceState.Critical or InstanceState.Starting && known.Record.Check is { Kind: HealthCheckKind.Ttl })
        {
            writes.Add(Put(service, id, known.Record with { State = InstanceState.Passing, Reason = "", StateSinceUnixMs = now, BeforeLoss = null }));
        }

        return RegistryPlan.Of([Unchanged(known)], writes, RegistryRights.ToRegister(service, id));
    }

    /// <summary>The instance's word about itself, or an operator's. The last word counts: passing ends draining.</summary>
    /// <param name="generation">0: whichever there is.</param>
    public static RegistryPlan? SetState(RegistryState state, string service, string id, long generation, InstanceState next, string reason, long now)
    {
        state.Rights.RequireRegister(service, id);
        return Change(Require(state.Instance(service, id), service, id, generation), next, reason, now);
    }

    /// <summary>What a check found. It says nothing about an instance that drains, and nothing about another generation.</summary>
    public static RegistryPlan? CheckResult(RegistryState state, string service, string id, long generation, InstanceState next, string reason, long now) =>
        state.Instance(service, id) is { } known && known.Record.Generation == generation && known.Record.State != InstanceState.Draining
            ? Change(known, next, reason, now)
            : null;

    /// <summary>
    /// What the agent of its host found. While the host is taken for dead a good word only changes what the instance gets back when the host is
    /// found again: gossip decides about hosts, and the two must not overwrite each other.
    /// </summary>
    public static RegistryPlan? CheckReport(RegistryState state, string node, string service, string id, long generation, InstanceState next, string reason, long now)
    {
        state.Rights.RequireRegister(service, id);
        var known = Require(state.Instance(service, id), service, id, generation);
        if (known.Record.Node != node)
        {
            throw new RegistryException(RegistryErrorCode.InvalidRequest, $"{service}/{id} was not registered through {node}.", "id", "Let the agent that it was registered through report, or register it again.");
        }

        if (known.Record.State == InstanceState.Draining)
        {
            return null;
        }

        return known.Record.BeforeLoss is not { } before || next == InstanceState.Critical ? Change(known, next, reason, now)
            : before == next ? null
            : RegistryPlan.Of([Unchanged(known)], [Put(service, id, known.Record with { BeforeLoss = next })], RegistryRights.ToRegister(service, id));
    }

    /// <summary>The connection that an instance was registered on broke: it is critical until it comes back or its time is over.</summary>
    /// <param name="lease">Of the stream: a later stream that took the instance up has another one.</param>
    public static RegistryPlan? Lost(RegistryState state, string service, string id, long generation, LeaseId lease, string reason, long now) =>
        state.Instance(service, id) is { } known && known.Record.Generation == generation && (known.BeatRevision == 0 || known.Lease == lease.Value)
            && known.Record.State != InstanceState.Draining
            && Change(known, InstanceState.Critical, reason, now) is { } plan
                ? plan with { Transaction = plan.Transaction with { Comparisons = [.. plan.Transaction.Comparisons, RegistryPlan.At(RegistryKeys.Beat(service, id), known.BeatRevision)] } }
                : null;

    /// <summary>Null if there is none.</summary>
    /// <param name="generation">0: whichever there is.</param>
    public static RegistryPlan? Deregister(RegistryState state, string service, string id, long generation)
    {
        state.Rights.RequireRegister(service, id);
        if (state.Instance(service, id) is not { } known)
        {
            return null;
        }

        Require(known, service, id, generation);
        return RegistryPlan.Of([Unchanged(known)], Removal(known), RegistryRights.ToRegister(service, id));
    }

    /// <summary>Expired instances become critical, or go. One transaction for many: a member that died takes many with it.</summary>
    public static RegistryPlan Expire(IReadOnlyList<RegistryInstance> critical, IReadOnlyList<RegistryInstance> gone, string reason, long now)
    {
        var comparisons = new List<Comparison>();
        var writes = new List<Operation>();
        foreach (var one in critical)
        {
            comparisons.Add(Unchanged(one));
            comparisons.Add(RegistryPlan.At(RegistryKeys.Beat(one.Service, one.Id), 0));
            writes.Add(Put(one.Service, one.Id, one.Record with { State = InstanceState.Critical, Reason = reason, StateSinceUnixMs = now, BeforeLoss = null }));
        }

        foreach (var one in gone)
        {
            comparisons.Add(Unchanged(one));
            comparisons.Add(RegistryPlan.At(RegistryKeys.Beat(one.Service, one.Id), 0));
            writes.Add(new DeleteOperation(KeyRange.Single(RegistryKeys.Instance(one.Service, one.Id))));
        }

        return RegistryPlan.Of(comparisons, writes, []);
    }

    /// <summary>
    /// The host of instances is dead, say those who gossip: they are critical, though their leases may still run. What they were is
    /// kept, for a host that was only cut off.
    /// </summary>
    public static RegistryPlan LoseHost(IReadOnlyList<RegistryInstance> lost, long now) => RegistryPlan.Of(
        [.. lost.SelectMany(static one => new[] { Unchanged(one), RegistryPlan.At(RegistryKeys.Beat(one.Service, one.Id), one.BeatRevision) })],
        [.. lost.Select(one => Put(one.Service, one.Id, one.Record with
        {
            State = InstanceState.Critical, Reason = $"its host {one.Record.Node} is dead, say the members that gossip", StateSinceUnixMs = now, BeforeLoss = one.Record.State,
        }))],
        []);

    /// <summary>The host is back: its instances are what they were, unless something else was said of them meanwhile.</summary>
    public static RegistryPlan FindHost(IReadOnlyList<RegistryInstance> found, long now) => RegistryPlan.Of(
        [.. found.Select(Unchanged)],
        [.. found.Select(one => Put(one.Service, one.Id, one.Record with { State = one.Record.BeforeLoss!.Value, Reason = "", StateSinceUnixMs = now, BeforeLoss = null }))],
        []);

    /// <summary>Null if it is so already.</summary>
    public static RegistryPlan? Maintain(RegistryState state, string service, string id, MaintenanceRecord? record)
    {
        state.Rights.RequireMaintain(service, id);
        var present = state.Get(RegistryKeys.Maintenance(service, id));

        // What operators said about an instance outlives it, so its absence is no error when it is taken back.
        if (record is not null && state.Instance(service, id) is null)
        {
            throw Unknown(state, service, id);
        }

        return Maintain(RegistryKeys.Maintenance(service, id), present, record, RegistryRights.ToMaintain(service, id));
    }

    public static RegistryPlan? MaintainZone(RegistryState state, string zone, MaintenanceRecord? record)
    {
        state.Rights.RequireMaintainZone(zone);
        return Maintain(RegistryKeys.Zone(zone), state.Get(RegistryKeys.Zone(zone)), record, RegistryRights.ToMaintainZone(zone));
    }

    public static RegistryPlan Configure(RegistryState state, string service, ServiceRecord record)
    {
        state.Rights.RequireConfigure(service);
        return RegistryPlan.Of([], [new PutOperation(RegistryKeys.Service(service), RegistryRecords.Encode(record))], RegistryRights.ToConfigure(service));
    }

    /// <summary>There must be such an instance, of this generation unless that is 0.</summary>
    public static RegistryInstance Require(RegistryInstance? known, string service, string id, long generation)
    {
        if (known is null)
        {
            throw new RegistryException(RegistryErrorCode.UnknownInstance, $"{service} has no instance {id}.", "id", "Register it (again); 'concord service show' lists those that there are.");
        }

        return generation == 0 || known.Record.Generation == generation ? known
            : generation < known.Record.Generation
                ? throw new RegistryException(RegistryErrorCode.Superseded, $"{service}/{id} was registered again since, as generation {known.Record.Generation}; {generation} is over.", "generation", "Give each process an id of its own, or stop the one that has this id.")
                : throw new RegistryException(RegistryErrorCode.InvalidRequest, $"{service}/{id} has generation {known.Record.Generation}; {generation} was never given.", "generation", "Give the generation that the registration was answered with.");
    }

    /// <summary>No such instance, or no such service.</summary>
    public static RegistryException Unknown(RegistryState state, string service, string id) => state.CountInstances(service) == 0
        ? new(RegistryErrorCode.UnknownService, $"There is no service {service}.", "service", "'concord service list' lists those that there are.")
        : new(RegistryErrorCode.UnknownInstance, $"{service} has no instance {id}.", "id", "'concord service show' lists those that there are.");

    private static RegistryPlan? Change(RegistryInstance known, InstanceState next, string reason, long now) =>
        known.Record.State == next && known.Record.Reason == reason
            ? null
            : RegistryPlan.Of(
                [Unchanged(known)],
                [Put(known.Service, known.Id, known.Record with { State = next, Reason = reason, StateSinceUnixMs = known.Record.State == next ? known.Record.StateSinceUnixMs : now, BeforeLoss = null })],
                RegistryRights.ToRegister(known.Service, known.Id));

    private static RegistryPlan? Maintain(ReadOnlyMemory<byte> key, KeyVersion? present, MaintenanceRecord? record, IReadOnlyList<Mvcc.Auth.RequiredRight> required)
    {
        if (record is null)
        {
            return present is null ? null : RegistryPlan.Of([RegistryPlan.At(key, present.ModRevision)], [new DeleteOperation(KeyRange.Single(key))], required);
        }

        return present is not null && RegistryRecords.DecodeMaintenance(present.ValueSpan).Reason == record.Reason
            ? null
            : RegistryPlan.Of([RegistryPlan.At(key, present?.ModRevision ?? 0)], [new PutOperation(key, RegistryRecords.Encode(record))], required);
    }

    private static List<Operation> Removal(RegistryInstance known)
    {
        var writes = new List<Operation> { new DeleteOperation(KeyRange.Single(RegistryKeys.Instance(known.Service, known.Id))) };
        if (known.BeatRevision > 0)
        {
            writes.Add(new DeleteOperation(KeyRange.Single(RegistryKeys.Beat(known.Service, known.Id))));
        }

        return writes;
    }

    private static Comparison Unchanged(RegistryInstance known) => RegistryPlan.At(RegistryKeys.Instance(known.Service, known.Id), known.Revision);

    private static PutOperation Put(string service, string id, InstanceRecord record) => new(RegistryKeys.Instance(service, id), RegistryRecords.Encode(record));
}
