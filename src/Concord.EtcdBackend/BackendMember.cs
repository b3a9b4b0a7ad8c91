namespace Concord.EtcdBackend;

/// <summary>A member as etcd's database lists it.</summary>
public sealed record BackendMember(ulong Id, string Name, IReadOnlyList<string> PeerUrls, IReadOnlyList<string> ClientUrls, bool IsLearner);
