using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;

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

    public static void Check(
        [DoesNotReturnIf(false)] bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref RuleText rule)
    {
        if (!condition)
        {
            throw new InvariantViolationException(rule.ToStringAndClear());
        }
    }
}

/// <summary>The text of a rule, put together only when the rule does not hold: assertions stand in the hottest paths.</summary>
[InterpolatedStringHandler]
internal ref struct RuleText
{
    private DefaultInterpolatedStringHandler _text;

    public RuleText(int literalLength, int formattedCount, bool condition, out bool isNeeded)
    {
        isNeeded = !condition;
        _text = condition ? default : new(literalLength, formattedCount, CultureInfo.InvariantCulture);
    }

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public string ToStringAndClear() => _text.ToStringAndClear();
}
