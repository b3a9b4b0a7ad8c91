namespace Concord.Mvcc.Snapshots;

/// <summary>What the store relies on and a snapshot must therefore hold.</summary>
internal static class Require
{
    /// <param name="problem">Reads on from "The snapshot has …".</param>
    /// <exception cref="FormatException">It does not hold.</exception>
    public static void That(bool condition, string problem)
    {
        if (!condition)
        {
            throw new FormatException($"The snapshot has {problem}.");
        }
    }
}
