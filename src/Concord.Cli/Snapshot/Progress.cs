using Concord.Cli.Output;

namespace Concord.Cli.Snapshot;

/// <summary>One line on a terminal that says how far something is. Nothing anywhere else.</summary>
internal sealed class Progress(CliHost host, string what) : IDisposable
{
    /// <summary>Often enough to look alive, seldom enough to cost nothing.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private long _shownAt;
    private int _shownLength;

    /// <param name="about">About how many bytes there are in all; 0 if that is not known.</param>
    public void Show(long bytes, long about)
    {
        var now = host.Time.GetTimestamp();
        if (!host.ErrorIsTerminal || (_shownLength > 0 && host.Time.GetElapsedTime(_shownAt, now) < Interval))
            return;
        var share = about > 0 ? $" of about {ByteSize.Of(Math.Max(bytes, about))}" : "";
        Write($"{what}: {ByteSize.Of(bytes)}{share}");
        _shownAt = now;
    }

    public void Dispose()
    {
        if (_shownLength > 0)
            Write("");
    }

    /// <summary>Over the text before, and back to the start of the line.</summary>
    private void Write(string text)
    {
        host.Error.Write('\r' + text.PadRight(_shownLength) + '\r');
        _shownLength = text.Length;
    }
}
