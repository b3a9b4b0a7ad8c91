namespace Concord.Client;

/// <summary>
/// No endpoint answered in time. Whether a write that was under way took effect is unknown, unless
/// <see cref="NothingSent"/> says that the request never left.
/// </summary>
public sealed class ConcordUnavailableException : ConcordException
{
    public ConcordUnavailableException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>No connection came about, so the server cannot have seen the request.</summary>
    public bool NothingSent { get; init; }

    /// <summary>The call's time was up (<see cref="ConcordClientOptions.CallTimeout"/>) before an answer came.</summary>
    public bool TimedOut { get; init; }

    /// <inheritdoc/>
    public override bool IsTransient => true;
}
