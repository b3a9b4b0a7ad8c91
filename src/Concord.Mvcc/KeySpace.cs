using Concord.Mvcc.Auth;
using Concord.Mvcc.Tree;

namespace Concord.Mvcc;

/// <summary>
/// The multi-version key space: applies commands, one at a time, and publishes immutable views of its state. It starts
/// at revision 1; every command that changes a key makes one new revision, and every change in it a version of its key.
/// <para>
/// One thread owns it. Readers use views; the owner hands each new view to them through a volatile write (or any other
/// release), which is all the synchronisation that there is.
/// </para>
/// </summary>
public sealed class KeySpace
{
    /// <summary>
    /// What a version costs beyond the bytes of its key and value: its two objects and its share of the tree and of the
    /// change log, as measured, rounded.
    /// </summary>
    public const int VersionOverheadBytes = 128;

    private readonly KeySpaceEditor _editor;
    private readonly Trimmer _trimmer;

    public KeySpace()
        : this(new KeySpaceEditor(new KeyTreeEditor(), new ChangeLog(), new LeaseTable(), revision: 1))
    {
    }

    internal KeySpace(KeySpaceEditor editor)
    {
        _editor = editor;
        _trimmer = new(editor);
        View = Publish();
    }

    /// <summary>The view that <see cref="Publish"/> made last. Readers on any thread may keep and read it.</summary>
    public KeySpaceView View { get; private set; }

    public long Revision => _editor.Revision;

    /// <summary>Zero if there was no compaction.</summary>
    public long CompactedRevision => _editor.CompactedRevision;

    /// <summary>
    /// Bytes that the key space holds: keys, values and <see cref="VersionOverheadBytes"/> per version. Falls as
    /// <see cref="Trim"/> drops versions, so replicas at the same revision may differ.
    /// </summary>
    public long SizeBytes => _editor.SizeBytes;

    /// <summary>True while a compaction has versions left to drop.</summary>
    public bool HasTrimming => _trimmer.HasWork;

    /// <summary>Breaks a rule on purpose, for a canary of the simulator (see <see cref="Trimmer"/>). Internal: nothing but tests can set it.</summary>
    internal bool LosesTombstones
    {
        set => _trimmer.LosesTombstones = value;
    }

    public CommandResult Apply(Command command)
    {
        OperationResult? result = null;
        var denied = AccessCheck.Check(_editor.Auth, _editor.Leases.Entries, command);
        var error = denied != StoreError.None ? denied : command switch
        {
            WriteCommand write => Write(write.Operation, out result),
            CompactCommand compact => Compact(compact.Revision),
            LeaseGrantCommand grant => Grant(grant),
            LeaseRevokeCommand revoke => Revoke(revoke.Lease),
            LeaseExpireCommand expire => Expire(expire.Leases),
            AuthCommand auth => Change(auth.Change),
            _ => throw new InvalidOperationException($"{command.GetType().Name} is not a command of the key space."),
        };
        return new(error, Revision, result);
    }

    /// <summary>Makes what was applied since the last call visible to readers, in one step.</summary>
    public KeySpaceView Publish()
    {
        var state = new ReadState(_editor.Tree.Freeze(), Revision, CompactedRevision, _editor.Horizon);
        View = new(state, _editor.Log.View, _editor.Leases.Freeze(), SizeBytes, _editor.Auth);
        return View;
    }

    /// <summary>
    /// Drops compacted versions, looking at no more than <paramref name="versionsMax"/> changes in this call, so that
    /// compaction never pauses the loop. Must not run while a snapshot is written from a view older than the
    /// compaction (the writer throws if it did).
    /// </summary>
    public void Trim(int versionsMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(versionsMax, 1);
        _trimmer.Run(versionsMax);
    }

    private StoreError Write(Operation operation, out OperationResult? result)
    {
        var error = TransactionRunner.Run(_editor, operation, out result);
        _editor.Commit();
        return error;
    }

    private StoreError Compact(long revision)
    {
        if (revision <= CompactedRevision)
        {
            return StoreError.Compacted;
        }

        if (revision > Revision)
        {
            return StoreError.FutureRevision;
        }

        _editor.CompactedRevision = revision;
        return StoreError.None;
    }

    private StoreError Grant(LeaseGrantCommand grant)
    {
        if (grant.Lease.IsNone)
        {
            throw new InvalidOperationException("A lease was granted without a number; the proposer chooses it.");
        }

        if (_editor.Leases.Contains(grant.Lease))
        {
            return StoreError.LeaseExists;
        }

        _editor.Leases.Add(grant.Lease, grant.TtlSeconds);
        return StoreError.None;
    }

    private StoreError Revoke(LeaseId lease)
    {
        if (!_editor.Leases.Contains(lease))
        {
            return StoreError.LeaseNotFound;
        }

        _editor.Revoke(lease);
        _editor.Commit();
        return StoreError.None;
    }

    private StoreError Change(AuthChange change)
    {
        var state = _editor.Auth;
        var error = AuthEditor.Apply(ref state, change);
        _editor.Auth = state;
        return error;
    }

    private StoreError Expire(IReadOnlyList<LeaseId> leases)
    {
        foreach (var lease in leases)
        {
            // One that is gone was revoked between the proposal and now.
            Revoke(lease);
        }

        return StoreError.None;
    }
}
