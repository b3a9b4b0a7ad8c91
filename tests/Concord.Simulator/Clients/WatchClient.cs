using System.Text;
using Concord.Mvcc;
using Concord.Simulator.Checks;
using Concord.Simulator.Hosts;
using Concord.Simulator.Network;
using Concord.Simulator.Runs;
using static Concord.Simulator.Checks.Promise;

namespace Concord.Simulator.Clients;

/// <summary>
/// Watches a range on one member after the other. Whatever happens to members and connections, it gets every event once
/// and in order; only a compaction may take events away, and then it is told so and lists again.
/// </summary>
internal sealed class WatchClient : Client
{
    private readonly string _rangeName;
    private readonly KeyRange _range;
    private long _next = 1;
    private long _stream;
    private int _host;
    private HostProcess? _process;
    private bool _isOpen;
    private bool _isListing;

    public WatchClient(Simulation world, int number, Dice dice)
        : base(world, number, dice)
    {
        _rangeName = Dice.Pick(["", "k", "k0", "conf/", "lock"]);
        _range = _rangeName == "lock" ? KeyRange.Single(Bytes(_rangeName)) : KeyRange.Prefix(Bytes(_rangeName));
    }

    /// <summary>The first revision that it has not been told about.</summary>
    public long Next => _next;

    /// <summary>A watcher is always there.</summary>
    protected override bool IsFinished => false;

    protected override void Act()
    {
        bool isLost = _isOpen && _process is not { IsAlive: true };
        if (_isListing)
        {
            Think();
            return;
        }

        if (!_isOpen || isLost || (!World.Network.IsHealed && Dice.Chance(5)))
            Open();
        Think();
    }

    private void Open()
    {
        _isOpen = true;
        long stream = ++_stream;
        _host = Dice.Pick([.. World.Hosts.Where(host => host.IsKnown)]).Number;
        _process = World.Hosts[_host - 1].Process;
        var result = World.Network.SendInOrder(Number, _host, () => Watch(stream), () => Broken(stream));
        if (result == SendResult.Lost || _process is null)
            Broken(stream);
    }

    private void Watch(long stream)
    {
        if (_process is { IsAlive: true } process)
            process.Watch(new(_range, _next, batch => Send(stream, batch)));
        else
            Broken(stream);
    }

    private bool Send(long stream, WatchBatch batch)
    {
        bool isSent = World.Network.SendInOrder(_host, Number, () => Take(stream, batch), () => Broken(stream)) == SendResult.Sent;
        if (!isSent)
            Broken(stream);
        return isSent && stream == _stream;
    }

    private void Broken(long stream) => World.Events.After(Dice.Around(20_000), () => _isOpen &= stream != _stream);

    private void Take(long stream, WatchBatch batch)
    {
        if (stream != _stream || !_isOpen)
            return;
        World.Trace.Mix(5, Number, batch.Next);
        if (batch.CompactedRevision > 0)
        {
            Require(batch.CompactedRevision > _next && batch.CompactedRevision <= Workload.Truth.Store.Compacted,
                $"watcher {Number} of '{_rangeName}' at n{_host} was cancelled at compaction {batch.CompactedRevision}, it waited for {_next}");
            List();
            return;
        }

        var expected = Workload.Truth.Store.Changes;
        int at = Workload.Truth.Store.Find(_next);
        foreach (var change in batch.Changes)
        {
            while (at < expected.Count && !IsInRange(expected[at]))
                at++;
            var told = new ModelChange(change.ModRevision, ModelResult.Text(change.KeySpan), change.IsTombstone ? null : ModelResult.Text(change.ValueSpan));
            Require(at < expected.Count && told == expected[at],
                $"watcher {Number} of '{_rangeName}' at n{_host} was told of {told}, due was {(at < expected.Count ? expected[at].ToString() : "nothing")} from revision {_next} on");
            at++;
        }

        while (at < expected.Count && expected[at].Revision < batch.Next)
        {
            Require(!IsInRange(expected[at]), $"watcher {Number} of '{_rangeName}' at n{_host} was not told of {expected[at]}, though all before {batch.Next} was");
            at++;
        }

        World.Figures.WatchEvents += batch.Changes.Count;
        _next = batch.Next;
    }

    /// <summary>Too late for the events: read the state, go on from there.</summary>
    private void List()
    {
        _isOpen = false;
        _isListing = true;
        _stream++;
        World.Figures.WatchesCompacted++;
        Read(_range, linearizable: true, answer =>
        {
            _isListing = false;
            if (answer.Kind == AnswerKind.Done)
                _next = Math.Max(_next, answer.Revision + 1);
        });
    }

    private bool IsInRange(ModelChange change) => _range.Contains(Encoding.Latin1.GetBytes(change.Key));
}
