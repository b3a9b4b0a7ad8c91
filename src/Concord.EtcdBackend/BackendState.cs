using Concord.Mvcc;

namespace Concord.EtcdBackend;

/// <summary>Everything that a database of etcd is written from.</summary>
/// <param name="View">Must stay untrimmed until the database is written; see <see cref="RevisionOrder"/>.</param>
/// <param name="Index">Of the last log entry that is in it.</param>
public sealed record BackendState(KeySpaceView View, ulong Index, ulong Term, IReadOnlyList<BackendMember> Members, BackendAuth Auth);
