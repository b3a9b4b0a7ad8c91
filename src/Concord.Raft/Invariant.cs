using System.Diagnostics.CodeAnalysis;

namespace Concord.Raft;

/// <summary>A rule of the protocol does not hold: a bug or damaged storage. The member must stop, not go on.</summary>
public sealed class InvariantViolationException(string message) : Exception(message);

/// <summary>Assertions that stay on in release builds: a stopped member is repaired, a wrong one corrupts the group.</summary>
internal static class Invariant
{
    public static void Check([DoesNotReturnIf(false)] bool condition, string rule)
    {
        if (!condition)
        {
            throw new InvariantViolationException(rule);
        }
    }
}
