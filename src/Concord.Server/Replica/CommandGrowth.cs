using Concord.Mvcc;

namespace Concord.Server.Replica;

/// <summary>Which commands the quota of the key space refuses: those that may add to it.</summary>
internal static class CommandGrowth
{
    public static bool Grows(Command command) => command switch
    {
        WriteCommand write => Grows(write.Operation),
        LeaseGrantCommand => true,
        _ => false,
    };

    /// <summary>
    /// A transaction counts with both branches: which one runs is known only when it is applied. Deleting, also of one key
    /// in a transaction, is always let through, though it leaves a tombstone: it is the way out.
    /// </summary>
    private static bool Grows(Operation operation) => operation switch
    {
        PutOperation => true,
        TransactionOperation transaction => transaction.Success.Any(Grows) || transaction.Failure.Any(Grows),
        _ => false,
    };
}
