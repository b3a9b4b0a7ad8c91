using System.Runtime.CompilerServices;
using Concord.Mvcc.Auth;
using Concord.Mvcc.Snapshots;

namespace Concord.Mvcc;

/// <summary>
/// Builds a key space from the bytes of a snapshot, fed in pieces of any size. Between two byte strings there are short
/// runs of numbers, which are read as a whole once they are complete; the bytes of values go to their final place as
/// they come.
/// </summary>
public sealed class KeySpaceSnapshotReader
{
    /// <summary>
    /// A longer value is given memory only as its bytes arrive, so that a damaged length cannot take all there is.
    /// </summary>
    private const int AllocatedAtOnce = 1024 * 1024;

    private readonly SnapshotAssembly _assembly = new();
    private readonly byte[] _carry = new byte[SnapshotFormat.NumbersBytesMax];
    private int _carried;
    private Step _step = Step.Header;
    private long _leasesLeft;
    private long _versionsLeft;
    private byte[] _key = [];
    private byte[] _data = [];
    private int _dataLength;
    private int _dataFilled;
    private VersionNumbers _version;

    private enum Step
    {
        Header,
        Users,
        Lease,
        KeyOrEnd,
        Key,
        Version,
        Value,
        Done,
    }

    /// <exception cref="FormatException">The bytes are not a snapshot of a known format.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Feed(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            data = _step switch
            {
                Step.Key or Step.Value or Step.Users => FillData(data),
                Step.Done => throw new FormatException($"The snapshot has {data.Length} bytes after its end."),
                _ => ReadNumbers(data),
            };
        }
    }

    /// <exception cref="FormatException">The snapshot ended too early.</exception>
    public KeySpace Complete() => Complete(revisionBump: 0, markCompacted: false);

    /// <summary>
    /// The key space for another cluster: its revision lies ahead of everything that clients of the old one can have seen, so none
    /// of them takes a change here for one that it knows.
    /// </summary>
    /// <param name="revisionBump">How far ahead; at least 0.</param>
    /// <param name="markCompacted">
    /// Everything up to the new revision counts as compacted: who wants to go on from an old revision is told so, and
    /// begins with what is there now.
    /// </param>
    /// <exception cref="FormatException">The snapshot ended too early, or the revision would be no number any more.</exception>
    public KeySpace Complete(long revisionBump, bool markCompacted)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(revisionBump);
        return _step == Step.Done
            ? _assembly.Complete(revisionBump, markCompacted)
            : throw new FormatException("The snapshot ends before it is complete.");
    }

    private ReadOnlySpan<byte> ReadNumbers(ReadOnlySpan<byte> data)
    {
        if (_carried == 0)
        {
            var consumed = TryRead(data);
            return consumed > 0 ? data[consumed..] : Carry(data);
        }

        var before = _carried;
        var added = Math.Min(data.Length, _carry.Length - _carried);
        data[..added].CopyTo(_carry.AsSpan(before));
        var used = TryRead(_carry.AsSpan(0, before + added));
        if (used == 0)
        {
            _carried += added;
            return data[added..];
        }

        _carried = 0;
        return data[(used - before)..];
    }

    private ReadOnlySpan<byte> Carry(ReadOnlySpan<byte> data)
    {
        data.CopyTo(_carry);
        _carried = data.Length;
        return [];
    }

    /// <summary>Reads the numbers of the present step and goes to the next; 0 if they are not complete.</summary>
    private int TryRead(ReadOnlySpan<byte> input)
    {
        var fields = new SnapshotFields(input);
        switch (_step)
        {
            case Step.Header:
                ReadHeader(ref fields);
                break;
            case Step.Lease:
                ReadLease(ref fields);
                break;
            case Step.KeyOrEnd:
                ReadKeyOrEnd(ref fields);
                break;
            case Step.Version:
                ReadVersion(ref fields);
                break;
            default:
                throw new InvalidOperationException($"There are no numbers in {_step}.");
        }

        return fields.IsComplete ? fields.Consumed : 0;
    }

    private void ReadHeader(ref SnapshotFields fields)
    {
        var version = fields.Byte();
        if (version is not (SnapshotFormat.WithoutUsers or SnapshotFormat.WithUsers))
        {
            throw new FormatException($"A snapshot has format {version}; this version reads formats {SnapshotFormat.WithoutUsers} and {SnapshotFormat.WithUsers}.");
        }

        var revision = fields.Number();
        var compacted = fields.Number();
        var leases = fields.Number();
        var authLength = version == SnapshotFormat.WithUsers ? (int)fields.Number(Array.MaxLength) : 0;
        if (fields.IsComplete)
        {
            _assembly.Begin(revision, compacted);
            _leasesLeft = leases;
            _step = AfterHeader;
            if (version == SnapshotFormat.WithUsers)
            {
                ExpectData(Step.Users, [], authLength);
            }
        }
    }

    private Step AfterHeader => _leasesLeft > 0 ? Step.Lease : Step.KeyOrEnd;

    private void ReadLease(ref SnapshotFields fields)
    {
        var lease = fields.Lease();
        var ttlSeconds = (long)fields.Unsigned();
        if (fields.IsComplete)
        {
            _assembly.AddLease(lease, ttlSeconds);
            _leasesLeft--;
            _step = AfterHeader;
        }
    }

    private void ReadKeyOrEnd(ref SnapshotFields fields)
    {
        var tag = fields.Byte();
        if (tag == SnapshotFormat.EndTag)
        {
            var count = fields.Number();
            var hash = fields.Number(uint.MaxValue);
            if (fields.IsComplete)
            {
                _assembly.End(count, (uint)hash);
                _step = Step.Done;
            }

            return;
        }

        if (tag != SnapshotFormat.KeyTag)
        {
            throw new FormatException($"{tag} is not a tag of a snapshot.");
        }

        var length = (int)fields.Number(Array.MaxLength);
        var versions = fields.Number();
        if (fields.IsComplete)
        {
            _versionsLeft = versions > 0 ? versions : throw new FormatException("The snapshot has a key without a version.");
            ExpectData(Step.Key, [], length);
        }
    }

    private void ReadVersion(ref SnapshotFields fields)
    {
        var numbers = new VersionNumbers(
            fields.Number(),
            (int)fields.Number(int.MaxValue),
            fields.Number(),
            fields.Number(),
            fields.Lease());
        var length = (int)fields.Number(Array.MaxLength - _key.Length);
        if (fields.IsComplete)
        {
            _version = numbers;
            ExpectData(Step.Value, _key, length);
        }
    }

    /// <summary>Makes room for the bytes that come next, after <paramref name="start"/>.</summary>
    private void ExpectData(Step step, byte[] start, int length)
    {
        _step = step;
        _dataLength = start.Length + length;
        _dataFilled = start.Length;
        _data = GC.AllocateUninitializedArray<byte>(start.Length + Math.Min(length, AllocatedAtOnce));
        start.CopyTo(_data, 0);
        if (length == 0)
        {
            DataComplete();
        }
    }

    private ReadOnlySpan<byte> FillData(ReadOnlySpan<byte> data)
    {
        if (_dataFilled == _data.Length)
        {
            Array.Resize(ref _data, (int)Math.Min(_dataLength, _data.Length * 2L));
        }

        var length = Math.Min(data.Length, _data.Length - _dataFilled);
        data[..length].CopyTo(_data.AsSpan(_dataFilled));
        _dataFilled += length;
        if (_dataFilled == _dataLength)
        {
            DataComplete();
        }

        return data[length..];
    }

    private void DataComplete()
    {
        if (_step == Step.Users)
        {
            _assembly.SetUsers(AuthStateCodec.Decode(_data));
            _step = AfterHeader;
            return;
        }

        if (_step == Step.Key)
        {
            _key = _data;
            _step = Step.Version;
            return;
        }

        _assembly.AddVersion(_data, _key.Length, _version);
        _versionsLeft--;
        _step = Step.Version;
        if (_versionsLeft == 0)
        {
            _assembly.EndKey();
            _step = Step.KeyOrEnd;
        }
    }
}
