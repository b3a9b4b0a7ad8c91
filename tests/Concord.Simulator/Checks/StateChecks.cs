using Concord.Mvcc;
using Concord.Raft;
using Concord.Simulator.Hosts;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Checks;

/// <summary>
/// Replicas that have applied the same entries hold the same state: revision, history and leases. A hash passes over all
/// data, so only some indexes are compared, drawn so that every replica that stops at one of them is.
/// </summary>
internal sealed class StateChecks(Simulation world)
{
    private readonly Dictionary<long, (int Host, Fingerprint State)> _states = [];
    private readonly Dictionary<HostProcess, LogIndex> _last = [];

    public void Forget(HostProcess process) => _last.Remove(process);

    public void AfterTurn(SimulatedHost host)
    {
        var process = host.Process!;
        var applied = process.Node.AppliedIndex;
        if (_last.TryGetValue(process, out var last) && last == applied)
            return;
        _last[process] = applied;
        if ((ulong)applied.Value * 0x9E3779B97F4A7C15 >> 60 == 0)
            Compare(host);
    }

    public void Compare(SimulatedHost host)
    {
        var view = host.Process!.Node.View;
        var index = host.Process.Node.AppliedIndex;
        if (view.Hash(0, out uint hash) != StoreError.None)
            return;
        var state = new Fingerprint(view.Revision, view.CompactedRevision, hash, LeasesOf(view));
        if (!_states.TryAdd(index.Value, (host.Number, state)))
        {
            var (other, expected) = _states[index.Value];
            world.Figures.HashesCompared++;
            if (state != expected)
                throw new SimulationFailedException($"after entry {index} member {host.Number} holds {state}, member {other} held {expected}");
        }
    }

    private static ulong LeasesOf(KeySpaceView view)
    {
        ulong sum = 0;
        foreach (var lease in view.Leases())
        {
            ulong mixed = ((ulong)lease.Value * 0x9E3779B97F4A7C15) ^ (ulong)view.LeaseTtl(lease)!.Value ^ ((ulong)view.LeaseKeys(lease).Count << 32);
            sum = (sum * 31) + mixed;
        }

        return sum;
    }

    private readonly record struct Fingerprint(long Revision, long Compacted, uint Hash, ulong Leases);
}
