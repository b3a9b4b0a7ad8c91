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
    public void Add(LogIndex index, Term term, RequestToken token)
    {
        // That leader's log ended before the index, and it holds everything that was ever committed (section 5.4.3). So
        // what waits there or further on is of an earlier leader and will never be committed.
        while (_commands.Count > _first && _commands[^1].Index >= index)
        {
            _superseded.Add(_commands[^1].Token);
            _commands.RemoveAt(_commands.Count - 1);
        }

        _commands.Add(new(index, term, token));
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
