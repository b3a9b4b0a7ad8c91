using System.Runtime.CompilerServices;
using Concord.Mvcc.Auth;
using Concord.Mvcc.Snapshots;

namespace Concord.Mvcc;

/// <summary>
/// Builds a key space from the bytes of a snapshot, fed in pieces of any size. Between two byte strings there are short
/// runs of numbers, which are read as a whole once they are complete; the bytes of a block are gathered, and the block is
/// then decoded on its own.
/// </summary>
public sealed class KeySpaceSnapshotReader
{
    /// <summary>
    /// A longer block is given memory only as its bytes arrive, so that a damaged length cannot take all there is.
    /// </summary>
    private const int AllocatedAtOnce = 1024 * 1024;

    /// <summary>Enough that no thread waits for the others, and 1 MiB of bytes at most unless values are huge.</summary>
    private const int BlocksAtOnce = 16;

    private readonly Func<Action, Action> _beside;
    private readonly SnapshotAssembly _assembly = new();
    private readonly Queue<(SnapshotBlock Block, Action Wait)> _decoding = new(BlocksAtOnce);
    private readonly Stack<byte[]> _buffers = new(BlocksAtOnce);
    private readonly byte[] _carry = new byte[SnapshotFormat.NumbersBytesMax];
    private int _carried;
    private Step _step = Step.Header;
    private long _revision;
    private long _compactedRevision;
    private long _leasesLeft;
    private byte[] _block = [];
    private int _blockLength;
    private int _blockFilled;

    /// <param name="beside">
    /// Starts a piece of work on another thread and returns what waits for its end and throws what it threw; null to do all of
    /// it on the thread that feeds.
    /// </param>
    public KeySpaceSnapshotReader(Func<Action, Action>? beside = null) => _beside = beside ?? AtOnce;

    private enum Step
    {
        Header,
        Users,
        Lease,
        BlockOrEnd,
        Block,
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
                Step.Block or Step.Users => FillBlock(data),
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
            case Step.BlockOrEnd:
                ReadBlockOrEnd(ref fields);
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
        var usersLength = version == SnapshotFormat.WithUsers ? (int)fields.Number(Array.MaxLength) : 0;
        if (fields.IsComplete)
        {
            _assembly.Begin(revision, compacted);
            (_revision, _compactedRevision) = (revision, compacted);
            _leasesLeft = leases;
            _step = AfterUsers;
            if (version == SnapshotFormat.WithUsers)
            {
                Require.That(usersLength > 0, "users without bytes");
                Expect(Step.Users, usersLength);
            }
        }
    }

    private Step AfterUsers => _leasesLeft > 0 ? Step.Lease : Step.BlockOrEnd;

    private void ReadLease(ref SnapshotFields fields)
    {
        var lease = fields.Lease();
        var ttlSeconds = (long)fields.Unsigned();
        if (fields.IsComplete)
        {
            _assembly.AddLease(lease, ttlSeconds);
            _leasesLeft--;
            _step = AfterUsers;
        }
    }

    private void ReadBlockOrEnd(ref SnapshotFields fields)
    {
        var tag = fields.Byte();
        if (tag == SnapshotFormat.EndTag)
        {
            var count = fields.Number();
            var hash = fields.Number(uint.MaxValue);
            if (fields.IsComplete)
            {
                while (_decoding.Count > 0)
                {
                    AddDecoded();
                }

                _assembly.End(count, (uint)hash);
                _step = Step.Done;
            }

            return;
        }

        if (tag != SnapshotFormat.BlockTag)
        {
            throw new FormatException($"{tag} is not a tag of a snapshot.");
        }

        var length = (int)fields.Number(Array.MaxLength);
        if (fields.IsComplete)
        {
            Require.That(length > 0, "an empty block");
            Expect(Step.Block, length);
        }
    }

    private void Expect(Step step, int length)
    {
        _step = step;
        _blockLength = length;
        _blockFilled = 0;
        _block = BufferOf(Math.Min(length, AllocatedAtOnce));
    }

    private byte[] BufferOf(int length) => _buffers.TryPop(out var buffer) && buffer.Length >= length
        ? buffer
        : GC.AllocateUninitializedArray<byte>(Math.Max(length, SnapshotFormat.BlockBytes + (SnapshotFormat.BlockBytes / 8)));

    private ReadOnlySpan<byte> FillBlock(ReadOnlySpan<byte> data)
    {
        if (_blockFilled == _block.Length)
        {
            Array.Resize(ref _block, (int)Math.Min(_blockLength, _block.Length * 2L));
        }

        var length = Math.Min(data.Length, Math.Min(_block.Length, _blockLength) - _blockFilled);
        data[..length].CopyTo(_block.AsSpan(_blockFilled));
        _blockFilled += length;
        if (_blockFilled == _blockLength)
        {
            BlockComplete();
        }

        return data[length..];
    }

    private void BlockComplete()
    {
        if (_step == Step.Users)
        {
            _assembly.SetUsers(AuthStateCodec.Decode(_block.AsMemory(0, _blockLength)));
            _block = [];
            _step = AfterUsers;
            return;
        }

        if (_decoding.Count == BlocksAtOnce)
        {
            AddDecoded();
        }

        var block = new SnapshotBlock(_block, _blockLength, _revision, _compactedRevision);
        _decoding.Enqueue((block, _beside(block.Decode)));
        _block = [];
        _step = Step.BlockOrEnd;
    }

    private void AddDecoded()
    {
        var (block, wait) = _decoding.Dequeue();
        wait();
        _assembly.Add(block);
        if (block.Buffer.Length <= 2 * SnapshotFormat.BlockBytes)
        {
            _buffers.Push(block.Buffer);
        }
    }

    private static Action AtOnce(Action work)
    {
        work();
        return static () => { };
    }
}
