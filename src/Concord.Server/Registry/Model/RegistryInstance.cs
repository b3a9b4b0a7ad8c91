using Concord.Server.Registry.Records;

namespace Concord.Server.Registry.Model;

/// <summary>An instance as callers should see it: its record, its sign of life, and what operators have said.</summary>
/// <param name="Revision">Of the record.</param>
/// <param name="BeatRevision">Of the key that ends with its lease; 0 if there is none.</param>
/// <param name="Lease">That keeps it; 0 if none does.</param>
/// <param name="Maintenance">Why it is out of service; null: it is not.</param>
internal sealed record RegistryInstance(string Service, string Id, InstanceRecord Record, long Revision, long BeatRevision, long Lease, string? Maintenance)
{
    public InstanceState State => Maintenance is null ? Record.State : InstanceState.Maintenance;

    public string Reason => Maintenance ?? Record.Reason;

    /// <summary>It gave no sign of life in time.</summary>
    public bool IsExpired => Record.NeedsRenewal && BeatRevision == 0;

    /// <summary>Expired and still in its state: the expiry goes slowly when many go at once.</summary>
    public bool IsHeld => IsExpired && Record.State is not (InstanceState.Critical or InstanceState.Draining);

    /// <summary>Whether callers see the same.</summary>
    public bool LooksLike(RegistryInstance other) =>
        Revision == other.Revision && IsHeld == other.IsHeld && Maintenance == other.Maintenance;
}
