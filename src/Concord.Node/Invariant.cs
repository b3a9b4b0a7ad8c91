using System.Diagnostics.CodeAnalysis;

namespace Concord.Node;

/// <summary>A rule of the replica does not hold: a bug or damaged data. The process must stop, not go on.</summary>
public sealed class NodeInvariantException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Assertions that stay on in release builds.</summary>
internal static class Invariant
{
    public static void Check([DoesNotReturnIf(false)] bool condition, string rule)
    {
        if (!condition)
        {
            throw new NodeInvariantException(rule);
        }
    }
}
