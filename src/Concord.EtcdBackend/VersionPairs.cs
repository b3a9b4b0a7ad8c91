using Concord.EtcdBackend.Bolt;
using Concord.Mvcc;

namespace Concord.EtcdBackend;

/// <summary>The pairs of the bucket <c>key</c>: all changes in their order, and the revision that was reached.</summary>
internal sealed class VersionPairs(RevisionOrder order, long revision) : BoltPairs
{
    /// <summary>Where an empty store begins, without a change.</summary>
    private const long FirstRevision = 1;

    private readonly IEnumerator<KeyVersion> _versions = order.Versions().GetEnumerator();
    private readonly VersionRecord _record = new();
    private long _reached = FirstRevision;

    public override int KeyLength => _record.Key.Length;

    public override int ValueLength => _record.ValueLength;

    public override bool MoveNext()
    {
        if (_versions.MoveNext())
        {
            _record.Set(_versions.Current);
            _reached = _record.Key.Revision;
            return true;
        }

        if (order.IsOvertaken)
        {
            throw new InvalidOperationException("The key space was trimmed beyond the view while a copy of it was written.");
        }

        if (_reached == revision)
        {
            return false;
        }

        _record.SetRevision(revision);
        _reached = revision;
        return true;
    }

    public override void CopyKey(Span<byte> destination) => _record.Key.Write(destination);

    public override void CopyValue(Span<byte> destination) => _record.CopyValue(destination);
}
