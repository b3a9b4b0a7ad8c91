using System.Buffers;
using System.Buffers.Binary;
using Concord.Mvcc.Auth;

namespace Concord.Mvcc.Encoding;

/// <summary>Writes the parts of a command; <see cref="CommandReader"/> is the mirror image, method by method.</summary>
internal readonly struct CommandWriter(IBufferWriter<byte> output)
{
    /// <summary>Whom a command is proposed for stands before it.</summary>
    public void Command(Command command)
    {
        if (command.Caller is { } caller)
        {
            Byte(CommandTags.OnBehalf);
            AuthEncoding.Write(this, caller);
        }

        switch (command)
        {
            case WriteCommand write:
                Byte(CommandTags.Write);
                Operation(write.Operation, 0);
                break;
            case CompactCommand compact:
                Byte(CommandTags.Compact);
                Number(compact.Revision);
                break;
            case LeaseGrantCommand grant:
                Byte(CommandTags.LeaseGrant);
                Lease(grant.Lease);
                Number(grant.TtlSeconds);
                break;
            case LeaseRevokeCommand revoke:
                Byte(CommandTags.LeaseRevoke);
                Lease(revoke.Lease);
                break;
            case LeaseExpireCommand expire:
                Byte(CommandTags.LeaseExpire);
                Count(expire.Leases.Count);
                foreach (var lease in expire.Leases)
                {
                    Lease(lease);
                }

                break;
            case AuthCommand auth:
                Byte(CommandTags.Auth);
                AuthEncoding.Write(this, auth.Change);
                break;
            default:
                throw new ArgumentException($"{command.GetType().Name} has no binary form.", nameof(command));
        }
    }

    public void Byte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    private void Operation(Operation operation, int depth)
    {
        switch (operation)
        {
            case RangeOperation range:
                Byte(CommandTags.Range);
                Range(range);
                break;
            case PutOperation put:
                Byte(CommandTags.Put);
                Put(put);
                break;
            case DeleteOperation delete:
                Byte(CommandTags.Delete);
                KeyRange(delete.Range);
                Byte(delete.ReturnPrevious ? (byte)1 : (byte)0);
                break;
            case TransactionOperation transaction when depth < OperationLimits.DepthMax:
                Byte(CommandTags.Transaction);
                Transaction(transaction, depth);
                break;
            case TransactionOperation:
                throw new ArgumentException($"Transactions are nested deeper than {OperationLimits.DepthMax}.", nameof(operation));
            default:
                throw new ArgumentException($"{operation.GetType().Name} has no binary form.", nameof(operation));
        }
    }

    private void Range(RangeOperation range)
    {
        KeyRange(range.Range);
        Byte((byte)((range.KeysOnly ? RangeFlags.KeysOnly : 0) | (range.CountOnly ? RangeFlags.CountOnly : 0)));
        Option((byte)range.SortOrder, (byte)SortOrder.Descend);
        Option((byte)range.SortTarget, (byte)SortTarget.Value);
        Number(range.Revision);
        Number(range.Limit);
        Number(range.MinModRevision);
        Number(range.MaxModRevision);
        Number(range.MinCreateRevision);
        Number(range.MaxCreateRevision);
    }

    private void Put(PutOperation put)
    {
        Byte((byte)((put.ReturnPrevious ? PutFlags.ReturnPrevious : 0)
            | (put.IgnoreValue ? PutFlags.IgnoreValue : 0)
            | (put.IgnoreLease ? PutFlags.IgnoreLease : 0)
            | (put.Lease.IsNone ? 0 : PutFlags.HasLease)));
        Bytes(put.Key);
        Bytes(put.Value);
        if (!put.Lease.IsNone)
        {
            Lease(put.Lease);
        }
    }

    private void Transaction(TransactionOperation transaction, int depth)
    {
        Count(transaction.Comparisons.Count);
        foreach (var comparison in transaction.Comparisons)
        {
            KeyRange(comparison.Range);
            Option((byte)comparison.Target, (byte)ComparisonTarget.Lease);
            Option((byte)comparison.Result, (byte)ComparisonResult.NotEqual);
            if (comparison.Target == ComparisonTarget.Value)
            {
                Bytes(comparison.Value);
            }
            else
            {
                Number(comparison.Number);
            }
        }

        Operations(transaction.Success, depth);
        Operations(transaction.Failure, depth);
    }

    private void Operations(IReadOnlyList<Operation> operations, int depth)
    {
        Count(operations.Count);
        foreach (var operation in operations)
        {
            Operation(operation, depth + 1);
        }
    }

    public void KeyRange(KeyRange range)
    {
        Bytes(range.Start);
        Bytes(range.End);
    }

    public void Option(byte value, byte max)
    {
        if (value > max)
        {
            throw new ArgumentException($"{value} is not an option; the highest is {max}.", nameof(value));
        }

        Byte(value);
    }

    private void Lease(LeaseId lease)
    {
        if (lease.IsNone)
        {
            throw new ArgumentException("A command names a lease without a number.", nameof(lease));
        }

        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), lease.Value);
        output.Advance(sizeof(long));
    }

    public void Number(long value) => Unsigned(Varint.Fold(value));

    public void Count(int value) => Unsigned((ulong)value);

    public void Text(string value)
    {
        var length = System.Text.Encoding.UTF8.GetByteCount(value);
        Count(length);
        output.Advance(System.Text.Encoding.UTF8.GetBytes(value, output.GetSpan(length)));
    }

    private void Unsigned(ulong value) => output.Advance(Varint.Write(output.GetSpan(Varint.BytesMax), value));

    public void Bytes(ReadOnlyMemory<byte> value)
    {
        Count(value.Length);
        output.Write(value.Span);
    }
}
