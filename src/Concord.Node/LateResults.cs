using System.Diagnostics.CodeAnalysis;
using Concord.Mvcc;
using Concord.Raft;

namespace Concord.Node;

/// <summary>
/// Results of an earlier leader's entries that nobody waited for when they were applied. Its word of where a command is comes
/// before its entries do, but the same entries may come from its successor, over another connection, before the word.
/// </summary>
/// <param name="ticksKept">How long after the last of them: a leader that is alive has given its word by then.</param>
internal sealed class LateResults(int ticksKept)
{
    /// <summary>More than the entries that are under way when a leader changes; a replay after a start is not to fill memory.</summary>
    private const int CountMax = 4096;

    private readonly Dictionary<LogIndex, (Term Term, CommandResult Result)> _results = [];
    private int _ticksLeft;

    public void Add(in LogEntry entry, CommandResult result)
    {
        if (_results.Count >= CountMax)
        {
            _results.Clear();
        }

        _results[entry.Index] = (entry.Term, result);
        _ticksLeft = ticksKept;
    }

    public bool TryTake(LogIndex index, Term term, [NotNullWhen(true)] out CommandResult? result)
    {
        result = _results.TryGetValue(index, out var kept) && kept.Term == term ? kept.Result : null;
        return result is not null && _results.Remove(index);
    }

    public void Tick()
    {
        if (_results.Count > 0 && --_ticksLeft <= 0)
        {
            _results.Clear();
        }
    }
}
