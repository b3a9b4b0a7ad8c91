using Concord.Raft;

namespace Concord.Storage;

/// <summary>An entry's place in the log and its term, which together name its contents (log matching, section 5.3).</summary>
public readonly record struct LogPosition(LogIndex Index, Term Term)
{
    public override string ToString() => $"{Index} (term {Term})";
}
