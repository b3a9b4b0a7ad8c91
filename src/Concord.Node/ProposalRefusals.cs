using Concord.Raft;

namespace Concord.Node;

internal static class ProposalRefusals
{
    /// <summary>What a caller is told when the log did not take what it proposed.</summary>
    public static RequestOutcome Outcome(this ProposalRefusal refusal) => refusal switch
    {
        ProposalRefusal.NotLeader or ProposalRefusal.Transferring => RequestOutcome.NotLeader,
        ProposalRefusal.Overloaded => RequestOutcome.Overloaded,
        ProposalRefusal.TooLarge => RequestOutcome.TooLarge,
        ProposalRefusal.ChangePending => RequestOutcome.ChangePending,
        ProposalRefusal.InvalidChange => RequestOutcome.InvalidChange,
        _ => throw new NodeInvariantException($"a proposal was refused as {refusal}"),
    };
}
