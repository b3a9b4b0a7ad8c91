namespace Concord.Benchmarks.Http2;

/// <summary>What was received and not yet granted again; windows are topped up in large steps.</summary>
internal struct ReceiveWindow
{
    /// <summary>The protocol's maximum: this client takes everything as it comes.</summary>
    public const int Bytes = int.MaxValue;

    private const int StepBytes = 1 << 28;

    private int _received;

    /// <summary>Counts received bytes; the number to grant now, mostly 0.</summary>
    public int Receive(int bytes)
    {
        _received += bytes;
        if (_received < StepBytes)
        {
            return 0;
        }

        var grant = _received;
        _received = 0;
        return grant;
    }
}
