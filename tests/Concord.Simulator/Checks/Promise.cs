using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Checks;

/// <summary>What every run must keep.</summary>
internal static class Promise
{
    public static void Require(
        [DoesNotReturnIf(false)] bool isKept, [InterpolatedStringHandlerArgument(nameof(isKept))] ref PromiseText text)
    {
        if (!isKept)
            throw new SimulationFailedException(text.ToStringAndClear());
    }
}

/// <summary>What was promised and what came, put together only when they differ: checks run after every turn.</summary>
[InterpolatedStringHandler]
internal ref struct PromiseText
{
    private DefaultInterpolatedStringHandler _text;

    public PromiseText(int literalLength, int formattedCount, bool isKept, out bool isNeeded)
    {
        isNeeded = !isKept;
        _text = isKept ? default : new(literalLength, formattedCount, CultureInfo.InvariantCulture);
    }

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public string ToStringAndClear() => _text.ToStringAndClear();
}
