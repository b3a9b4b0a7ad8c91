using Concord.Mvcc;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Records;

namespace Concord.Server.Registry.Views;

/// <summary>What the registry holds in one state of the store, as one caller may use it.</summary>
/// <param name="revision">Of history; 0 is that of the view.</param>
internal sealed class RegistryState(KeySpaceView store, RegistryRights rights, long revision = 0)
{
    private Dictionary<string, string>? _zones;

    public KeySpaceView Store => store;

    public RegistryRights Rights => rights;

    public long Revision => revision == 0 ? store.Revision : revision;

    public RegistryInstance? Instance(string service, string id)
    {
        if (Get(RegistryKeys.Instance(service, id)) is not { } item)
        {
            return null;
        }

        var beat = Get(RegistryKeys.Beat(service, id));
        var maintenance = Get(RegistryKeys.Maintenance(service, id)) is { } out_ ? RegistryRecords.DecodeMaintenance(out_.ValueSpan).Reason : null;
        return Instance(service, id, item, beat, maintenance);
    }

    /// <summary>The instances of a service, in the order of their ids.</summary>
    public IReadOnlyList<RegistryInstance> Instances(string service) =>
        Join(RegistryKeys.Instances(service), RegistryKeys.Beats(service), RegistryKeys.Maintenances(service));

    /// <summary>The instances of all services whose names begin so, service by service in the order of the keys.</summary>
    public IReadOnlyList<RegistryInstance> InstancesFrom(string prefix) =>
        Join(RegistryKeys.InstancesFrom(prefix), RegistryKeys.BeatsFrom(prefix), RegistryKeys.MaintenancesFrom(prefix));

    public long CountInstances(string service) => store.Range(new RangeOperation(RegistryKeys.Instances(service)) { CountOnly = true, Revision = revision }, out var found) == StoreError.None ? found!.Count : 0;

    public int PanicPercent(string service) => Get(RegistryKeys.Service(service)) is { } item
        ? RegistryRecords.DecodeService(item.ValueSpan).PanicPercent
        : RegistryLimits.PanicPercentDefault;

    public KeyVersion? Get(ReadOnlyMemory<byte> key) => revision == 0 ? store.Get(key.Span) : Range(KeyRange.Single(key)) is [var found, ..] ? found : null;

    /// <summary>Members that say they run health checks.</summary>
    public IReadOnlyList<string> Checkers() => [.. Range(RegistryKeys.Checkers).Select(static item => RegistryKeys.Tail(item, RegistryKeys.CheckersPrefix))];

    /// <exception cref="HistoryCompactedException">The state was asked for at a revision that history does not hold.</exception>
    private IReadOnlyList<KeyVersion> Range(KeyRange range)
    {
        var error = store.Range(new RangeOperation(range) { Revision = revision }, out var result);
        return error == StoreError.None ? result!.Items : throw new HistoryCompactedException();
    }

    /// <summary>Three sorted lists, walked side by side.</summary>
    private List<RegistryInstance> Join(KeyRange instances, KeyRange beats, KeyRange maintenances)
    {
        var items = Range(instances);
        var found = new List<RegistryInstance>(items.Count);
        var (beatsFound, maintenancesFound) = (Range(beats), Range(maintenances));
        var (beat, maintenance) = (0, 0);
        foreach (var item in items)
        {
            var tail = item.KeySpan[RegistryKeys.InstancesPrefix.Length..];
            var (service, id) = RegistryKeys.NameOf(item, RegistryKeys.InstancesPrefix);
            var ownBeat = Find(beatsFound, ref beat, RegistryKeys.BeatsPrefix.Length, tail);
            var ownMaintenance = Find(maintenancesFound, ref maintenance, RegistryKeys.InstanceMaintenancePrefix.Length, tail);
            found.Add(Instance(service, id, item, ownBeat, ownMaintenance is null ? null : RegistryRecords.DecodeMaintenance(ownMaintenance.ValueSpan).Reason));
        }

        return found;
    }

    private static KeyVersion? Find(IReadOnlyList<KeyVersion> sorted, ref int at, int prefixLength, ReadOnlySpan<byte> tail)
    {
        for (; at < sorted.Count; at++)
        {
            var order = sorted[at].KeySpan[prefixLength..].SequenceCompareTo(tail);
            if (order >= 0)
            {
                return order == 0 ? sorted[at] : null;
            }
        }

        return null;
    }

    private RegistryInstance Instance(string service, string id, KeyVersion item, KeyVersion? beat, string? maintenance)
    {
        var record = RecordCache.Instance(item);
        return new(service, id, record, item.ModRevision, beat?.ModRevision ?? 0, beat?.Lease.Value ?? 0, maintenance ?? ZoneReason(record.Zone));
    }

    private string? ZoneReason(string zone)
    {
        _zones ??= Range(RegistryKeys.Zones).ToDictionary(
            static item => RegistryKeys.Tail(item, RegistryKeys.ZoneMaintenancePrefix),
            static item => RegistryRecords.DecodeMaintenance(item.ValueSpan).Reason);
        return zone.Length > 0 ? _zones.GetValueOrDefault(zone) : null;
    }
}

/// <summary>Compaction took the revision that was asked for.</summary>
internal sealed class HistoryCompactedException : Exception;
