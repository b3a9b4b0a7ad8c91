using Concord.Client.Kv;

namespace Concord.Client.Users;

/// <summary>What a role may do with the keys of a range. A role has at most one for the same range.</summary>
public sealed record KeyPermission(KeyAccess Access, KeyRange Range);
