using Concord.Raft;

namespace Concord.Node;

/// <summary>
/// Commands that this replica put into the log, in log order, until the entry at their place is applied. An index alone
/// does not name an entry: another leader may have put its own there, hence the term.
/// </summary>
internal sealed class PendingCommands
{
    private readonly Queue<Pending> _commands = new();

    public void Add(LogIndex index, Term term, RequestToken token) => _commands.Enqueue(new(index, term, token));

    /// <summary>An entry is being applied: who waits for it, and <paramref name="superseded"/>, who waited in vain.</summary>
    public RequestToken? Take(in LogEntry entry, List<RequestToken> superseded)
    {
        while (_commands.TryPeek(out var pending) && pending.Index <= entry.Index)
        {
            _commands.Dequeue();
            if (pending.Index == entry.Index && pending.Term == entry.Term)
            {
                return pending.Token;
            }

            superseded.Add(pending.Token);
        }

        return null;
    }

    private readonly record struct Pending(LogIndex Index, Term Term, RequestToken Token);
}
