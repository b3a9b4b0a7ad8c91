using Concord.Mvcc;
using Concord.Raft;

namespace Concord.Server.Replica;

/// <summary>
/// The whole state as of one entry, for reading at leisure. Until it is disposed nothing that it needs is dropped, so
/// dispose it soon.
/// </summary>
internal sealed class StateExport(SnapshotMetadata metadata, KeySpaceView view, Action release) : IDisposable
{
    private Action? _release = release;

    public SnapshotMetadata Metadata { get; } = metadata;

    public KeySpaceView View { get; } = view;

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
