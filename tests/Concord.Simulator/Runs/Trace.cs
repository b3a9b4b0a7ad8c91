using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Concord.Simulator.Runs;

/// <summary>
/// What happened, as a hash of everything (two runs of one seed must agree), as a short timeline of the faults, and, when
/// there is somewhere to write it, as text.
/// </summary>
internal sealed class Trace(EventQueue events, TextWriter? output)
{
    /// <summary>What a reader of a failure can take in; the faults just before it matter most.</summary>
    private const int TimelineMax = 40;

    private readonly Queue<string> _timeline = new();

    public ulong Hash { get; private set; } = 0xcbf29ce484222325;

    public bool IsWritten => output is not null;

    /// <summary>The last faults, oldest first.</summary>
    public IReadOnlyCollection<string> Timeline => _timeline;

    public void Mix(ulong value) => Hash = BitOperations.RotateLeft((Hash ^ value) * 0x9E3779B97F4A7C15, 29);

    public void Mix(long kind, long a, long b = 0)
    {
        Mix(((ulong)events.Now << 8) ^ (ulong)kind);
        Mix((ulong)a);
        Mix((ulong)b);
    }

    public void Mix(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0;
        foreach (byte one in bytes)
            crc = BitOperations.Crc32C(crc, one);
        Mix(((ulong)bytes.Length << 32) | crc);
    }

    /// <summary>A line of the text; costs nothing unless it is written.</summary>
    public void Line([InterpolatedStringHandlerArgument("")] ref LineHandler line)
    {
        if (output is not null)
            output.WriteLine($"{Stamp(events.Now)} {line.ToStringAndClear()}");
    }

    /// <summary>Something that goes into the timeline: a fault, a change of leader, a restart.</summary>
    public void Note(string text)
    {
        foreach (char one in text)
            Mix(one);
        string line = $"{Stamp(events.Now)} {text}";
        output?.WriteLine(line);
        _timeline.Enqueue(line);
        if (_timeline.Count > TimelineMax)
            _timeline.Dequeue();
    }

    /// <summary>Seconds with microseconds.</summary>
    public static string Stamp(long time) => string.Create(CultureInfo.InvariantCulture, $"{time / 1_000_000,4}.{time % 1_000_000:d6}");

    [InterpolatedStringHandler]
    internal ref struct LineHandler
    {
        private readonly StringBuilder? _text;

        public LineHandler(int literalLength, int formattedCount, Trace trace, out bool isWritten)
        {
            isWritten = trace.IsWritten;
            _text = isWritten ? new StringBuilder(literalLength + (16 * formattedCount)) : null;
        }

        public readonly void AppendLiteral(string text) => _text!.Append(text);

        public readonly void AppendFormatted<T>(T value) => _text!.Append(CultureInfo.InvariantCulture, $"{value}");

        public readonly string ToStringAndClear() => _text?.ToString() ?? "";
    }
}
