using Concord.Raft;

namespace Concord.Node;

/// <summary>
/// Commands that this replica waits for, in log order, until the entry at their place is applied. An index alone
/// does not name an entry: another leader may have put its own there, hence the term.
/// </summary>
internal sealed class PendingCommands
{
    /// <summary>Places that were given up at the front of the list before it is worth moving the rest.</summary>
    private const int GapMax = 1024;

    private readonly List<Pending> _commands = [];
    private readonly List<RequestToken> _superseded = [];
    private int _first;

    /// <summary>The entry of a command is in the log of the leader of its term.</summary>
    /// <remarks>
    /// A leader's log ends before an index that it appends at, and holds everything that was ever committed (section 5.4.3).
    /// So what waits there or further on for an earlier leader's entry will never be committed. Words of two leaders
    /// may arrive in the wrong order; then it is the new one that waits in vain.
    /// </remarks>
    public void Add(LogIndex index, Term term, RequestToken token)
    {
        var at = _commands.Count;
        while (at > _first && _commands[at - 1].Index >= index)
        {
            at--;
            if (_commands[at].Term < term)
            {
                _superseded.Add(_commands[at].Token);
                _commands.RemoveAt(at);
            }
        }

        if (at > _first && _commands[at - 1].Term > term)
        {
            _superseded.Add(token);
            return;
        }

        _commands.Insert(at, new(index, term, token));
    }

    /// <summary>An entry is being applied: who waits for it.</summary>
    public RequestToken? Take(in LogEntry entry)
    {
        while (TryTakeFirst(entry.Index, entry.Term, out var pending))
        {
            if (pending.Index == entry.Index && pending.Term == entry.Term)
            {
                return pending.Token;
            }

            _superseded.Add(pending.Token);
        }

        return null;
    }

    /// <summary>A snapshot took the place of the entries up to here: who waited for one of them.</summary>
    public IEnumerable<RequestToken> TakeSkipped(LogIndex snapshot)
    {
        while (TryTakeFirst(snapshot, Term.Zero, out var pending))
        {
            yield return pending.Token;
        }
    }

    /// <summary>Who waited in vain since the last call.</summary>
    public void TakeSuperseded(List<RequestToken> tokens)
    {
        tokens.AddRange(_superseded);
        _superseded.Clear();
    }

    /// <summary>
    /// The first that waits at most here, or further on for an entry of an earlier term than <paramref name="term"/>: terms
    /// never fall along the log, so behind an applied entry of this term there is none of an earlier one.
    /// </summary>
    private bool TryTakeFirst(LogIndex upTo, Term term, out Pending pending)
    {
        if (_first == _commands.Count || (_commands[_first].Index > upTo && _commands[_first].Term >= term))
        {
            pending = default;
            return false;
        }

        pending = _commands[_first++];
        if (_first == _commands.Count)
        {
            _commands.Clear();
            _first = 0;
        }
        else if (_first > GapMax && _first > _commands.Count / 2)
        {
            _commands.RemoveRange(0, _first);
            _first = 0;
        }

        return true;
    }

    private readonly record struct Pending(LogIndex Index, Term Term, RequestToken Token);
}
