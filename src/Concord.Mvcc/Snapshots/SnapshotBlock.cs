using System.Runtime.CompilerServices;

namespace Concord.Mvcc.Snapshots;

/// <summary>
/// One block of a snapshot, read on its own. <see cref="Decode"/> may run on any thread; everything else is for whoever
/// puts the blocks together, after it.
/// </summary>
/// <param name="revision">The snapshot's: no version is newer.</param>
/// <param name="compactedRevision">Versions from here on are changes that watches read.</param>
internal sealed class SnapshotBlock(byte[] buffer, int length, long revision, long compactedRevision)
{
    private readonly List<KeyVersion> _newest = [];
    private readonly List<KeyVersion> _changes = [];
    private KeyVersion? _last;

    /// <summary>Its bytes; free for another block once this one is decoded.</summary>
    public byte[] Buffer => buffer;

    /// <summary>The newest version of each key so far, in key order.</summary>
    public IReadOnlyList<KeyVersion> Newest => _newest;

    /// <summary>The versions that belong into the change log.</summary>
    public IReadOnlyList<KeyVersion> Changes => _changes;

    /// <summary>The version that goes on with the key of the block before; null if the block starts with a key of its own.</summary>
    public KeyVersion? Continuation { get; private set; }

    public long Count { get; private set; }

    /// <summary>The sum of the versions' hashes.</summary>
    public uint Hash { get; private set; }

    public long SizeBytes { get; private set; }

    /// <exception cref="FormatException">The bytes are no block of this format.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Decode()
    {
        ReadOnlySpan<byte> bytes = buffer.AsSpan(0, length);
        ReadOnlySpan<byte> key = default;
        while (!bytes.IsEmpty)
        {
            var start = (VersionStart)bytes[0];
            bytes = bytes[1..];
            if (start is VersionStart.Key or VersionStart.Continued)
            {
                var head = new SnapshotFields(bytes);
                var keyLength = (int)head.Number(bytes.Length);
                key = Take(ref bytes, head, keyLength);
            }

            var fields = new SnapshotFields(bytes);
            var numbers = new VersionNumbers(
                fields.Number(),
                (int)fields.Number(int.MaxValue),
                fields.Number(),
                fields.Number(),
                fields.Lease());
            var valueLength = (int)fields.Number(bytes.Length);
            var value = Take(ref bytes, fields, valueLength);
            Add(start, Version(key, value, numbers, start == VersionStart.Same ? _last : null));
        }

        if (_last is not null)
        {
            _newest.Add(_last);
        }
    }

    private static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> bytes, scoped in SnapshotFields before, int count)
    {
        if (!before.IsComplete || count > bytes.Length - before.Consumed)
        {
            throw new FormatException("The snapshot has a block that ends in the middle of a version.");
        }

        var taken = bytes.Slice(before.Consumed, count);
        bytes = bytes[(before.Consumed + count)..];
        return taken;
    }

    private static KeyVersion Version(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in VersionNumbers numbers, KeyVersion? previous)
    {
        var data = GC.AllocateUninitializedArray<byte>(key.Length + value.Length);
        key.CopyTo(data);
        value.CopyTo(data.AsSpan(key.Length));
        return new(
            data, key.Length, numbers.CreateRevision, numbers.ModRevision, numbers.SubRevision, numbers.Version, numbers.Lease, previous);
    }

    private void Add(VersionStart start, KeyVersion version)
    {
        switch (start)
        {
            case VersionStart.Same when _last is not null:
                break;
            case VersionStart.Key:
                if (_last is not null)
                {
                    _newest.Add(_last);
                }

                break;
            case VersionStart.Continued when _last is null:
                Continuation = version;
                break;
            default:
                throw new FormatException($"{(byte)start} does not start a version at that place of a snapshot.");
        }

        Require.That(IsSound(version), "a version that cannot be");
        if (version.ModRevision >= compactedRevision)
        {
            _changes.Add(version);
        }

        _last = version;
        Count++;
        Hash += VersionHash.Of(version);
        SizeBytes += version.SizeBytes;
    }

    private bool IsSound(KeyVersion version) =>
        (version.Previous is null || version.IsNewerThan(version.Previous))
        && version.ModRevision <= revision
        && (version.IsTombstone
            ? version.CreateRevision == 0 && version.Lease.IsNone && version.ValueSpan.IsEmpty
            : version.CreateRevision >= 1 && version.CreateRevision <= version.ModRevision);
}
