namespace Concord.Client;

/// <summary>
/// What can go wrong between this process and Concord. Two kinds: the server answered and said no
/// (<see cref="ConcordServerException"/>), or no server could be reached in time
/// (<see cref="ConcordUnavailableException"/>). Mistakes of the caller are <see cref="ArgumentException"/>s.
/// </summary>
public abstract class ConcordException : Exception
{
    private protected ConcordException(string message, Exception? inner)
        : base(message, inner)
    {
    }

    /// <summary>Whether the same call may succeed when it is made again, unchanged.</summary>
    public abstract bool IsTransient { get; }
}
