using Concord.Mvcc;
using Concord.Raft;
using Concord.Simulator.Clients;
using Concord.Simulator.Hosts;
using Concord.Simulator.Runs;
using static Concord.Simulator.Checks.Promise;

namespace Concord.Simulator.Checks;

/// <summary>
/// What really happened, by the committed log, against what clients were told. An answer names its revision, so every
/// answer can be checked alone: it equals the model's at that revision, and the revisions agree with real time. That is
/// strict serializability over all keys, given that the log is one order.
/// </summary>
internal sealed class Truth(Simulation world)
{
    private readonly List<ModelResult?> _results = [];
    private readonly List<long> _committedAt = [];
    private readonly SortedDictionary<long, long> _leaseEnds = [];
    private readonly Dictionary<string, RegisterHistory> _registers = new(StringComparer.Ordinal);
    private readonly List<ClientCall> _open = [];
    private long _acknowledged = 1;

    public ModelStore Store { get; } = new();

    /// <summary>No call that starts now may be answered from before this revision.</summary>
    public long Acknowledged => _acknowledged;

    /// <summary>When the lease's end was committed; null while it lives.</summary>
    public long? LeaseEnd(LeaseId lease) => _leaseEnds.TryGetValue(lease.Value, out long time) ? time : null;

    public void Committed(in LogEntry entry)
    {
        _committedAt.Add(world.Events.Now);
        if (entry.Kind != EntryKind.Command)
        {
            _results.Add(null);
            return;
        }

        var command = CommandCodec.Decode(entry.Data);
        var result = Store.Apply(command);
        _results.Add(result);
        switch (command)
        {
            case LeaseExpireCommand expire:
                foreach (var lease in expire.Leases)
                    End(lease, expired: true);
                break;
            case LeaseRevokeCommand revoke when result.Error == StoreError.None:
                End(revoke.Lease, expired: false);
                break;
        }
    }

    public void Started(ClientCall operation)
    {
        operation.RevisionAtStart = _acknowledged;
        _open.Add(operation);
    }

    public void Answered(ClientCall operation, ClientAnswer answer)
    {
        operation.Ended = world.Events.Now;
        operation.Outcome = answer.Kind;
        if (answer.Kind == AnswerKind.Refused)
            Require(!IsCommitted(operation), $"{operation} was refused, but entry {operation.Index} has it");
        if (answer.Kind != AnswerKind.Done)
            return;
        if (operation.Command is not null)
            Acknowledge(operation, answer);
        else if (operation.Range is { } range)
            CheckRead(operation, range, answer);
    }

    /// <summary>At the end: what was refused was never committed, and each key's history is linearizable.</summary>
    public void CheckAll()
    {
        foreach (var operation in _open)
        {
            if (operation.Outcome == AnswerKind.Refused)
                Require(!IsCommitted(operation), $"{operation} was refused, but entry {operation.Index} has it");
            else if (operation.Outcome != AnswerKind.Done && IsCommitted(operation))
                Add(operation, ResultOf(operation), CommittedAt(operation));
        }

        foreach (var (key, history) in _registers.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var verdict = history.Check();
            world.Figures.UndecidedHistories += verdict == Verdict.Undecided ? 1 : 0;
            Require(verdict != Verdict.NotLinearizable, $"the history of key {key} with {history.Count} calls is not linearizable");
        }
    }

    private bool IsCommitted(ClientCall operation) =>
        operation.Index > LogIndex.Zero && operation.Index <= world.RaftChecks.MaxCommit
        && world.RaftChecks.CommittedAt(operation.Index).Term == operation.Term;

    /// <summary>
    /// Nobody heard of it, but it had taken effect by then: whoever reads later gets an index that covers it. That is also
    /// what keeps the search short, which would otherwise try it everywhere up to the end.
    /// </summary>
    private long CommittedAt(ClientCall operation) => Math.Max(operation.Started, _committedAt[(int)operation.Index.Value - 1]);

    private ModelResult ResultOf(ClientCall operation) => _results[(int)operation.Index.Value - 1]!;

    private void Acknowledge(ClientCall operation, ClientAnswer answer)
    {
        Require(IsCommitted(operation), $"{operation} was acknowledged, but is not committed (entry {operation.Index}, term {operation.Term})");
        var expected = ResultOf(operation);
        var result = ModelResult.Of(answer.Result!);
        Require(result == expected, $"{operation} was answered {result}, the log says {expected}");
        CheckTime(operation, result.Revision);
        Add(operation, result, operation.Ended);
    }

    private void CheckRead(ClientCall operation, RangeOperation range, ClientAnswer answer)
    {
        Require(answer.Error == StoreError.None, $"{operation} was answered {answer.Error}");
        Require(answer.Revision <= Store.Revision, $"{operation} was answered from revision {answer.Revision}, committed is {Store.Revision}");
        var values = ModelResult.ValuesOf(answer.Range!).ToList();
        var expected = Store.Read(range.Range, answer.Revision).ToList();
        Require(values.SequenceEqual(expected), $"{operation} read [{string.Join(' ', values)}] at revision {answer.Revision}, the log says [{string.Join(' ', expected)}]");
        if (!operation.IsLinearizable)
            return;
        CheckTime(operation, answer.Revision);
        Add(operation, new(StoreError.None, answer.Revision, Values: values), operation.Ended);
    }

    private void CheckTime(ClientCall operation, long revision)
    {
        Require(revision >= operation.RevisionAtStart,
            $"{operation} was answered from revision {revision}, but {operation.RevisionAtStart} had been acknowledged before it was made");
        _acknowledged = Math.Max(_acknowledged, revision);
    }

    private void Add(ClientCall operation, ModelResult result, long end)
    {
        foreach (var (key, call) in operation.Calls?.Invoke(result) ?? [])
        {
            if (!_registers.TryGetValue(key, out var history))
                _registers.Add(key, history = new());
            history.Add(new(operation.Started, end, call));
        }
    }

    private void End(LeaseId lease, bool expired)
    {
        if (_leaseEnds.TryAdd(lease.Value, world.Events.Now))
            world.Workload.LeaseEnded(lease, expired);
    }
}
