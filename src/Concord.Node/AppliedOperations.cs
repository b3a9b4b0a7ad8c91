using Concord.Mvcc;

namespace Concord.Node;

/// <summary>
/// How many operations a replica has applied since it started, those of transactions one by one. Replayed entries count: they
/// were applied again. An operation that was refused does not.
/// </summary>
/// <param name="Ranges">Only those inside transactions that went through the log; other reads need no apply.</param>
/// <param name="LeasesRevoked">On somebody's request; <paramref name="LeasesExpired"/> are those whose time ran out.</param>
public readonly record struct AppliedOperations(
    long Puts, long Deletes, long Ranges, long Transactions, long LeasesGranted, long LeasesRevoked, long LeasesExpired)
{
    internal AppliedOperations With(Command command, CommandResult result) => !result.IsOk ? this : command switch
    {
        WriteCommand => With(result.Result!),
        LeaseGrantCommand => this with { LeasesGranted = LeasesGranted + 1 },
        LeaseRevokeCommand => this with { LeasesRevoked = LeasesRevoked + 1 },
        LeaseExpireCommand expire => this with { LeasesExpired = LeasesExpired + expire.Leases.Count },
        _ => this,
    };

    private AppliedOperations With(OperationResult result)
    {
        switch (result)
        {
            case PutResult:
                return this with { Puts = Puts + 1 };
            case DeleteResult:
                return this with { Deletes = Deletes + 1 };
            case RangeResult:
                return this with { Ranges = Ranges + 1 };
            default:
                var counts = this with { Transactions = Transactions + 1 };
                foreach (var inner in ((TransactionResult)result).Results)
                {
                    counts = counts.With(inner);
                }

                return counts;
        }
    }
}
