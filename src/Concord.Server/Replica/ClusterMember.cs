namespace Concord.Server.Replica;

/// <summary>One member of the cluster, as it was agreed on.</summary>
/// <param name="Name">Empty until the member has started for the first time.</param>
/// <param name="ClientUrls">Empty until the member has started for the first time.</param>
/// <param name="BecomesVoter">A learner that gets a vote by itself once it has caught up.</param>
/// <param name="Replaces">The voter that leaves when this one gets its vote; 0 for none.</param>
public sealed record ClusterMember(
    ulong Id, string Name, IReadOnlyList<string> PeerUrls, IReadOnlyList<string> ClientUrls, bool IsLearner, bool BecomesVoter, ulong Replaces);
