using Concord.Mvcc;
using Concord.Raft;

namespace Concord.Simulator.Hosts;

/// <summary>What a client asks a member for: the calls of the server's replica.</summary>
internal abstract record ClientRequest
{
    private ClientRequest()
    {
    }

    /// <param name="Operation">The client's number for it, by which the checkers find its entry.</param>
    internal sealed record Propose(ReadOnlyMemory<byte> Command, long Operation) : ClientRequest;

    /// <param name="Linearizable">False: from the member's own view, however old.</param>
    internal sealed record Read(RangeOperation Range, bool Linearizable) : ClientRequest;

    internal sealed record KeepAlive(LeaseId Lease) : ClientRequest;

    internal sealed record TimeToLive(LeaseId Lease) : ClientRequest;
}

internal enum AnswerKind
{
    Done,

    /// <summary>Nothing was done; <see cref="ClientAnswer.Leader"/> may know better.</summary>
    Refused,

    /// <summary>No answer: it may or may not have been done, or be done later.</summary>
    Unknown,
}

/// <summary>What a member answered, or that it did not.</summary>
internal sealed record ClientAnswer(AnswerKind Kind, int From)
{
    public static ClientAnswer Unknown { get; } = new(AnswerKind.Unknown, 0);

    /// <summary>Of a proposal.</summary>
    public CommandResult? Result { get; init; }

    /// <summary>Of a read.</summary>
    public RangeResult? Range { get; init; }

    public StoreError Error { get; init; }

    /// <summary>After the proposal, or that the read was answered from.</summary>
    public long Revision { get; init; }

    /// <summary>Of a lease; null if there is no such lease.</summary>
    public long? Seconds { get; init; }

    public MemberId Leader { get; init; }
}
