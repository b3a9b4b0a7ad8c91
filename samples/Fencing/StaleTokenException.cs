namespace Fencing;

/// <summary>A write came with an older turn than one that was already seen: its writer had lost the lock and did not know.</summary>
internal sealed class StaleTokenException(string resource, long token, long newest)
    : Exception($"The write to '{resource}' carries token {token}, but {newest} was here already: the lock went to somebody else. Nothing was written; acquire the lock again.")
{
    public long Token { get; } = token;

    public long Newest { get; } = newest;
}
