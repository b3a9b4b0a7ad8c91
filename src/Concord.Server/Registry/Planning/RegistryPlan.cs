using Concord.Mvcc;
using Concord.Mvcc.Auth;

namespace Concord.Server.Registry.Planning;

/// <summary>A change that is ready to be written: the one transaction that makes it so or does nothing.</summary>
/// <param name="Required">What the caller must be allowed, looked at again at the moment of writing.</param>
internal sealed record RegistryPlan(TransactionOperation Transaction, IReadOnlyList<RequiredRight> Required)
{
    /// <summary>Of the instance that is registered.</summary>
    public long Generation { get; init; }

    public static RegistryPlan Of(IReadOnlyList<Comparison> comparisons, IReadOnlyList<Operation> writes, IReadOnlyList<RequiredRight> required) =>
        new(new(comparisons, writes, []), required);

    /// <summary>The key is as it was read; 0: it is not there.</summary>
    public static Comparison At(ReadOnlyMemory<byte> key, long revision) =>
        new(KeyRange.Single(key), ComparisonTarget.ModRevision, ComparisonResult.Equal) { Number = revision };
}
