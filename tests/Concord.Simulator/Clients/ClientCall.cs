using Concord.Mvcc;
using Concord.Raft;
using Concord.Simulator.Checks;
using Concord.Simulator.Hosts;

namespace Concord.Simulator.Clients;

/// <summary>One call of a client: what it asked, where it went in the log, what it was told.</summary>
internal sealed class ClientCall
{
    public required long Number { get; init; }

    public required int Client { get; init; }

    public required long Started { get; init; }

    public Command? Command { get; init; }

    public RangeOperation? Range { get; init; }

    public bool IsLinearizable { get; init; }

    /// <summary>What it did to single keys, given its result; null if it is not for the linearizability checker.</summary>
    public Func<ModelResult, IEnumerable<(string Key, RegisterCall Call)>>? Calls { get; init; }

    public long RevisionAtStart { get; set; }

    public long Ended { get; set; }

    public AnswerKind? Outcome { get; set; }

    /// <summary>Where a leader put it; zero if none did.</summary>
    public LogIndex Index { get; set; }

    public Term Term { get; set; }

    public override string ToString() => $"call {Number} of client {Client} ({Describe()})";

    private string Describe() => this switch
    {
        { Command: WriteCommand { Operation: PutOperation put } } => $"put {ModelResult.Text(put.Key.Span)}={ModelResult.Text(put.Value.Span)}",
        { Command: WriteCommand { Operation: DeleteOperation delete } } => $"delete {ModelResult.Text(delete.Range.Start.Span)}",
        { Command: WriteCommand } => "transaction",
        { Command: LeaseGrantCommand grant } => $"grant {grant.Lease}",
        { Command: LeaseRevokeCommand revoke } => $"revoke {revoke.Lease}",
        { Command: CompactCommand compact } => $"compact {compact.Revision}",
        { Range: { } range } => $"{(IsLinearizable ? "linearizable" : "serializable")} read of {ModelResult.Text(range.Range.Start.Span)}",
        _ => "lease",
    };
}
