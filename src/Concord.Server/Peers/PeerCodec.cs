using Concord.Node;
using Concord.Raft;

namespace Concord.Server.Peers;

/// <summary>The payload of a frame on the message lane: u8 kind, then the fields in the order of the record.</summary>
internal static class PeerCodec
{
    private enum Kind : byte
    {
        Raft = 1,
        Propose = 2,
        Proposed = 3,
        LeaseCall = 4,
        LeaseReply = 5,
        Change = 6,
        ChangeReply = 7,
        StateHash = 8,
        Leaving = 9,
        Farewell = 10,
    }

    /// <summary>
    /// The first version that has this message. To somebody who speaks an older one it is not sent, so only what a group can do
    /// without for the time of an update may be newer than <see cref="PeerVersions.Oldest"/>.
    /// </summary>
    public static int Since(PeerMessage message) => message switch
    {
        PeerMessage.Leaving or PeerMessage.Farewell => 3,
        PeerMessage.StateHash => 2,
        _ => 1,
    };

    public static void Encode(PeerMessage message, FrameBuffer output)
    {
        output.Begin();
        var writer = new PeerWriter(output);
        switch (message)
        {
            case PeerMessage.Raft m:
                writer.Byte((byte)Kind.Raft);
                MessageCodec.Encode(m.Message, output);
                break;
            case PeerMessage.Propose m:
                writer.Byte((byte)Kind.Propose);
                WriteNumbers(writer, m.Numbers);
                foreach (var command in m.Commands)
                {
                    writer.Bytes(command.Span);
                }

                break;
            case PeerMessage.Proposed m:
                writer.Byte((byte)Kind.Proposed);
                WriteNumbers(writer, m.Numbers);
                writer.Byte((byte)m.Outcome);
                writer.Int64(m.First.Value);
                writer.Int64(m.Term.Value);
                break;
            case PeerMessage.LeaseCall m:
                writer.Byte((byte)Kind.LeaseCall);
                writer.Int64(m.Number);
                writer.Int64(m.Lease.Value);
                writer.Flag(m.Renew);
                break;
            case PeerMessage.LeaseReply m:
                writer.Byte((byte)Kind.LeaseReply);
                writer.Int64(m.Number);
                writer.Byte((byte)m.Outcome);
                writer.Flag(m.Seconds is not null);
                writer.Int64(m.Seconds ?? 0);
                break;
            case PeerMessage.Change m:
                writer.Byte((byte)Kind.Change);
                WriteChange(writer, m);
                break;
            case PeerMessage.ChangeReply m:
                writer.Byte((byte)Kind.ChangeReply);
                writer.Int64(m.Number);
                writer.Byte((byte)m.Outcome);
                writer.Text(m.Reason ?? "");
                break;
            case PeerMessage.StateHash m:
                writer.Byte((byte)Kind.StateHash);
                writer.Int64(m.Index.Value);
                writer.Int64(m.Revision);
                writer.Int64(m.Compacted);
                writer.Int32(unchecked((int)m.Hash));
                if (m.AuthChanges != 0)
                {
                    // Left out where nobody ever used them: members of versions before there were users understand it then.
                    writer.Int64(m.AuthChanges);
                }

                break;
            case PeerMessage.Leaving:
                writer.Byte((byte)Kind.Leaving);
                break;
            case PeerMessage.Farewell:
                writer.Byte((byte)Kind.Farewell);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"no encoding for {message.GetType().Name}");
        }

        output.End();
    }

    /// <exception cref="PeerProtocolException">Not one well-formed message of a known kind.</exception>
    public static PeerMessage Decode(MemberId from, ReadOnlyMemory<byte> payload)
    {
        var reader = new PeerReader(payload);
        var kind = (Kind)reader.Byte();
        if (kind == Kind.Raft)
        {
            // Entries refer to the bytes and live as long as the log does, so they get memory of their own.
            var message = MessageCodec.Decode(reader.Rest.ToArray())
                ?? throw new PeerProtocolException("a Raft message is malformed; the sender may run another version of the program");
            return message.From == from
                ? new PeerMessage.Raft(message) { From = from }
                : throw new PeerProtocolException($"member {from} sent a message in the name of {message.From}");
        }

        PeerMessage decoded = kind switch
        {
            Kind.Propose => ReadPropose(ref reader),
            Kind.Proposed => new PeerMessage.Proposed(ReadNumbers(ref reader), (RequestOutcome)reader.Byte(), new(reader.Int64()), new(reader.Int64())),
            Kind.LeaseCall => new PeerMessage.LeaseCall(reader.Int64(), new(reader.Int64()), reader.Flag()),
            Kind.LeaseReply => ReadLeaseReply(ref reader),
            Kind.Change => ReadChange(ref reader),
            Kind.ChangeReply => new PeerMessage.ChangeReply(reader.Int64(), (RequestOutcome)reader.Byte(), reader.Text() is { Length: > 0 } text ? text : null),
            Kind.StateHash => ReadStateHash(ref reader),
            Kind.Leaving => new PeerMessage.Leaving(),
            Kind.Farewell => new PeerMessage.Farewell(),
            _ => throw new PeerProtocolException($"a message is of the unknown kind {(byte)kind}; the sender may run another version of the program"),
        };
        reader.End();
        return decoded with { From = from };
    }

    private static PeerMessage.StateHash ReadStateHash(ref PeerReader reader)
    {
        var (index, revision, compacted, hash) = (reader.Int64(), reader.Int64(), reader.Int64(), unchecked((uint)reader.Int32()));
        return new(new(index), revision, compacted, reader.HasMore ? reader.Int64() : 0, hash);
    }

    private static void WriteNumbers(PeerWriter writer, IReadOnlyList<long> numbers)
    {
        writer.Int32(numbers.Count);
        foreach (var number in numbers)
        {
            writer.Int64(number);
        }
    }

    private static long[] ReadNumbers(ref PeerReader reader)
    {
        var numbers = new long[reader.Count(sizeof(long))];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = reader.Int64();
        }

        return numbers;
    }

    private static PeerMessage.Propose ReadPropose(ref PeerReader reader)
    {
        var numbers = ReadNumbers(ref reader);
        var commands = new ReadOnlyMemory<byte>[numbers.Length];
        for (var i = 0; i < commands.Length; i++)
        {
            commands[i] = reader.Bytes().ToArray();
        }

        return new(numbers, commands);
    }

    private static PeerMessage.LeaseReply ReadLeaseReply(ref PeerReader reader)
    {
        var (number, outcome, hasSeconds, seconds) = (reader.Int64(), (RequestOutcome)reader.Byte(), reader.Flag(), reader.Int64());
        return new(number, outcome, hasSeconds ? seconds : null);
    }

    private static void WriteChange(PeerWriter writer, PeerMessage.Change change)
    {
        writer.Int64(change.Number);
        writer.Byte((byte)change.Mode);
        writer.Int32(change.Changes.Count);
        foreach (var one in change.Changes)
        {
            writer.Byte((byte)one.Kind);
            writer.UInt64(one.Member.Value);
        }

        writer.Int32(change.Info.Count);
        foreach (var (member, info) in change.Info)
        {
            writer.UInt64(member.Value);
            writer.Text(info.Name);
            writer.Texts(info.PeerUrls);
            writer.Texts(info.ClientUrls);
            writer.Flag(info.BecomesVoter);
            writer.UInt64(info.Replaces.Value);
        }
    }

    private static PeerMessage.Change ReadChange(ref PeerReader reader)
    {
        var (number, mode) = (reader.Int64(), (JointMode)reader.Byte());
        var changes = new MemberChange[reader.Count(1 + sizeof(ulong))];
        for (var i = 0; i < changes.Length; i++)
        {
            changes[i] = new((MemberChangeKind)reader.Byte(), new(reader.UInt64()));
        }

        var info = new Dictionary<MemberId, MemberInfo>();
        for (var left = reader.Count(sizeof(ulong)); left > 0; left--)
        {
            info[new(reader.UInt64())] = new(reader.Text(), reader.Texts(), reader.Texts(), reader.Flag(), new(reader.UInt64()));
        }

        return new(number, changes, mode, info);
    }
}
