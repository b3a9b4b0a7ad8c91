using Concord.Mvcc;
using Concord.Mvcc.Auth;

namespace Concord.Server.Etcd;

/// <summary>On whose behalf a watch runs, and how its events are written.</summary>
internal sealed class WatchGrant(Caller? caller, KeyRange range, bool previousPairs, bool fragments)
{
    /// <summary>The last rights in which it was found allowed: looked at by writer and checker, either may be first.</summary>
    private volatile AuthState? _allowedIn;

    public bool PreviousPairs => previousPairs;

    public bool Fragments => fragments;

    /// <summary>Whether the watch is allowed in a state; nearly always the one that was asked last.</summary>
    public StoreError Check(KeySpaceView view)
    {
        if (ReferenceEquals(_allowedIn, view.Auth))
        {
            return StoreError.None;
        }

        var error = view.CheckAccess(caller, new RangeOperation(range));
        if (error == StoreError.None)
        {
            _allowedIn = view.Auth;
        }

        return error;
    }
}
