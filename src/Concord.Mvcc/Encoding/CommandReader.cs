using System.Buffers.Binary;
using System.Text;
using Concord.Mvcc.Auth;

namespace Concord.Mvcc.Encoding;

/// <summary>
/// Reads the parts of a command. No input makes it allocate much more than its own length: a count is believed only as
/// far as the bytes that are left could hold so many elements.
/// </summary>
internal struct CommandReader(ReadOnlyMemory<byte> data)
{
    /// <summary>A name that is not UTF-8 would not be the same text on the way back.</summary>
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlyMemory<byte> _rest = data;

    public Command Command()
    {
        var tag = Byte();
        if (tag != CommandTags.OnBehalf)
        {
            return Command(tag);
        }

        var caller = AuthEncoding.ReadCaller(ref this);
        return Command(Byte()) with { Caller = caller };
    }

    public byte Byte()
    {
        if (_rest.IsEmpty)
        {
            throw Truncated();
        }

        var value = _rest.Span[0];
        _rest = _rest[1..];
        return value;
    }

    public readonly void End()
    {
        if (!_rest.IsEmpty)
        {
            throw new FormatException($"A command has {_rest.Length} bytes after its end.");
        }
    }

    private Command Command(byte tag) => tag switch
    {
        CommandTags.Write => new WriteCommand(Operation(0)),
        CommandTags.Compact => new CompactCommand(Number()),
        CommandTags.LeaseGrant => new LeaseGrantCommand(Lease(), Number()),
        CommandTags.LeaseRevoke => new LeaseRevokeCommand(Lease()),
        CommandTags.LeaseExpire => new LeaseExpireCommand(Leases()),
        CommandTags.Auth => new AuthCommand(AuthEncoding.ReadChange(ref this)),
        _ => throw new FormatException($"{tag} is not a kind of command."),
    };

    private Operation Operation(int depth)
    {
        var tag = Byte();
        switch (tag)
        {
            case CommandTags.Range:
                return Range();
            case CommandTags.Put:
                return Put();
            case CommandTags.Delete:
                return new DeleteOperation(KeyRange()) { ReturnPrevious = Option(1) == 1 };
            case CommandTags.Transaction when depth < OperationLimits.DepthMax:
                return Transaction(depth);
            case CommandTags.Transaction:
                throw new FormatException($"Transactions are nested deeper than {OperationLimits.DepthMax}.");
            default:
                throw new FormatException($"{tag} is not a kind of operation.");
        }
    }

    private RangeOperation Range()
    {
        var keys = KeyRange();
        var flags = (RangeFlags)Option((byte)RangeFlags.All);
        return new(keys)
        {
            KeysOnly = (flags & RangeFlags.KeysOnly) != 0,
            CountOnly = (flags & RangeFlags.CountOnly) != 0,
            SortOrder = (SortOrder)Option((byte)SortOrder.Descend),
            SortTarget = (SortTarget)Option((byte)SortTarget.Value),
            Revision = Number(),
            Limit = Number(),
            MinModRevision = Number(),
            MaxModRevision = Number(),
            MinCreateRevision = Number(),
            MaxCreateRevision = Number(),
        };
    }

    private PutOperation Put()
    {
        var flags = (PutFlags)Option((byte)PutFlags.All);
        return new(Bytes(), Bytes())
        {
            ReturnPrevious = (flags & PutFlags.ReturnPrevious) != 0,
            IgnoreValue = (flags & PutFlags.IgnoreValue) != 0,
            IgnoreLease = (flags & PutFlags.IgnoreLease) != 0,
            Lease = (flags & PutFlags.HasLease) != 0 ? Lease() : LeaseId.None,
        };
    }

    private TransactionOperation Transaction(int depth)
    {
        // The shortest comparison: two empty keys, target, result, a number.
        var comparisons = new Comparison[Count(bytesPerElement: 5)];
        for (var i = 0; i < comparisons.Length; i++)
        {
            comparisons[i] = Comparison();
        }

        return new(comparisons, Operations(depth), Operations(depth));
    }

    private Comparison Comparison()
    {
        var keys = KeyRange();
        var target = (ComparisonTarget)Option((byte)ComparisonTarget.Lease);
        var result = (ComparisonResult)Option((byte)ComparisonResult.NotEqual);
        return target == ComparisonTarget.Value
            ? new(keys, target, result) { Value = Bytes() }
            : new(keys, target, result) { Number = Number() };
    }

    private Operation[] Operations(int depth)
    {
        // The shortest operation: a transaction of nothing.
        var operations = new Operation[Count(bytesPerElement: 4)];
        for (var i = 0; i < operations.Length; i++)
        {
            operations[i] = Operation(depth + 1);
        }

        return operations;
    }

    private LeaseId[] Leases()
    {
        var leases = new LeaseId[Count(bytesPerElement: sizeof(long))];
        for (var i = 0; i < leases.Length; i++)
        {
            leases[i] = Lease();
        }

        return leases;
    }

    public KeyRange KeyRange() => new(Bytes(), Bytes());

    public byte Option(byte max)
    {
        var value = Byte();
        return value <= max ? value : throw new FormatException($"{value} is not an option; the highest is {max}.");
    }

    private LeaseId Lease()
    {
        if (_rest.Length < sizeof(long))
        {
            throw Truncated();
        }

        var lease = new LeaseId(BinaryPrimitives.ReadInt64LittleEndian(_rest.Span));
        _rest = _rest[sizeof(long)..];
        return lease.IsNone ? throw new FormatException("A command names a lease without a number.") : lease;
    }

    public int Count(int bytesPerElement)
    {
        var count = Unsigned();
        return count <= (ulong)(_rest.Length / bytesPerElement) ? (int)count : throw Truncated();
    }

    public ReadOnlyMemory<byte> Bytes()
    {
        var length = Count(bytesPerElement: 1);
        var bytes = _rest[..length];
        _rest = _rest[length..];
        return bytes;
    }

    public long Number() => Varint.Unfold(Unsigned());

    public string Text()
    {
        try
        {
            return Utf8.GetString(Bytes().Span);
        }
        catch (DecoderFallbackException error)
        {
            throw new FormatException("A text of a command is not UTF-8.", error);
        }
    }

    private ulong Unsigned()
    {
        var length = Varint.TryRead(_rest.Span, out var value);
        if (length == 0)
        {
            throw Truncated();
        }

        _rest = _rest[length..];
        return value;
    }

    private static FormatException Truncated() => new("A command ends before it is complete.");
}
