using System.Globalization;
using System.Text;
using Concord.Raft;

namespace Concord.Tests.Raft;

/// <summary>
/// The commands of interaction transcripts. Members take effects only when told to; what they send waits in the network
/// until it is delivered or dropped.
/// </summary>
internal sealed class TranscriptGroup
{
    private readonly SortedDictionary<ulong, DiskMember> _members = [];
    private readonly List<RaftMessage> _network = [];
    private readonly StringBuilder _output = new();
    private RaftOptions _template = new() { Id = new MemberId(1), Seed = 1 };

    public string Execute(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] arguments = words[1..];
        _output.Clear();
        switch (words[0])
        {
            case "options": SetOptions(arguments); break;
            case "group": Found(arguments); break;
            case "member": AddMember(arguments); break;
            case "tick": Tick(arguments); break;
            case "process": Process(arguments); break;
            case "effects": TakeEffects(arguments); break;
            case "flush": Flush(arguments); break;
            case "deliver": Deliver(arguments, drop: false); break;
            case "drop": Deliver(arguments, drop: true); break;
            case "settle": Settle(arguments); break;
            case "show": Show(arguments); break;
            default: Input(words[0], Get(arguments[0]), arguments[1..]); break;
        }

        return _output.Length == 0 ? "ok" : _output.ToString();
    }

    /// <summary>Things said to one core.</summary>
    private void Input(string command, DiskMember member, string[] arguments)
    {
        var core = member.Core;
        switch (command)
        {
            case "campaign":
                core.Campaign();
                break;
            case "propose":
                Proposal(core.Propose([.. arguments.Select(a => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(a))]));
                break;
            case "change":
                Proposal(core.ProposeMembership(MembershipTranscripts.ParseChange(arguments)));
                break;
            case "read":
                core.ReadIndex(Number(arguments[0]));
                break;
            case "transfer":
                _output.AppendLine($"  {core.TransferLeadership(new MemberId(Number(arguments[0])))}");
                break;
            case "forget-leader":
                _output.AppendLine(core.ForgetLeader() ? "  leader forgotten" : "  refused");
                break;
            case "refused":
                core.ReportConnectionRefused(new MemberId(Number(arguments[0])));
                break;
            case "unreachable":
                core.ReportUnreachable(new MemberId(Number(arguments[0])));
                break;
            case "snapshot-sent":
                core.ReportSnapshot(new MemberId(Number(arguments[0])), delivered: true);
                break;
            case "snapshot-failed":
                core.ReportSnapshot(new MemberId(Number(arguments[0])), delivered: false);
                break;
            case "compact":
                member.TakeSnapshot();
                _output.AppendLine($"  log {core.FirstIndex}..{core.LastIndex} after snapshot {core.Snapshot.Index}/{core.Snapshot.Term}");
                break;
            case "crash":
                member.Crash(arguments.Length > 0 ? (int)Number(arguments[0]) : 0);
                break;
            default:
                throw new InvalidOperationException($"unknown command {command}");
        }
    }

    private void SetOptions(string[] arguments)
    {
        foreach (string argument in arguments)
        {
            string[] pair = argument.Split('=');
            _template = pair[0] switch
            {
                "pre-vote" => _template with { PreVote = pair[1] == "on" },
                "election" => _template with { ElectionTicks = (int)Number(pair[1]) },
                "heartbeat" => _template with { HeartbeatTicks = (int)Number(pair[1]) },
                "check-quorum" => _template with { CheckQuorum = pair[1] == "on" },
                "reads" => _template with { Reads = Enum.Parse<ReadMode>(pair[1], ignoreCase: true) },
                "inflight-entries" => _template with { MaxInflightEntries = (int)Number(pair[1]) },
                "message-bytes" => _template with { MaxMessageBytes = (int)Number(pair[1]) },
                "catch-up" => _template with { CatchUpEntries = (int)Number(pair[1]) },
                "uncommitted-bytes" => _template with { MaxUncommittedBytes = (long)Number(pair[1]) },
                _ => throw new InvalidOperationException($"unknown option {pair[0]}"),
            };
        }
    }

    /// <summary>group 1 2 3: founders with empty logs. group 1 2 3 learners 4.</summary>
    private void Found(string[] arguments)
    {
        int split = Array.IndexOf(arguments, "learners");
        string[] voters = split < 0 ? arguments : arguments[..split];
        string[] learners = split < 0 ? [] : arguments[(split + 1)..];
        var membership = Membership.Of([.. voters.Select(Id)]) with { Learners = [.. learners.Select(Id)] };
        foreach (var id in membership.Voters.Concat(membership.Learners))
        {
            Add(id, RecoveredState.NewGroup(membership));
        }
    }

    /// <summary>member 4: joins empty. member 2 term 5 of 1 2 3 log 1 1 4: restarts with a log of these terms.</summary>
    private void AddMember(string[] arguments)
    {
        var state = RecoveredState.Joining;
        int of = Array.IndexOf(arguments, "of"), log = Array.IndexOf(arguments, "log");
        if (log > 0)
        {
            var founders = Membership.Of([.. arguments[(of + 1)..log].Select(Id)]);
            var entries = arguments[(log + 1)..].Select((term, i) =>
                new LogEntry(new LogIndex(i + 1), new Term((long)Number(term)), EntryKind.Command, Encoding.UTF8.GetBytes($"{term}.{i + 1}"))).ToArray();
            state = new RecoveredState(
                new HardState(new Term((long)Number(arguments[2])), MemberId.None, LogIndex.Zero),
                new SnapshotMetadata(LogIndex.Zero, Term.Zero, founders),
                entries);
        }

        Add(Id(arguments[0]), state);
    }

    private void Add(MemberId id, RecoveredState state)
    {
        var options = _template with { Id = id, Seed = id.Value };
        _members[id.Value] = new DiskMember(() => options, state);
    }

    private void Tick(string[] arguments)
    {
        var member = Get(arguments[0]);
        for (int i = arguments.Length > 1 ? (int)Number(arguments[1]) : 1; i > 0; i--)
        {
            member.Core.Tick();
        }
    }

    /// <summary>Effects with their flushes, until there are none.</summary>
    private void Process(string[] arguments)
    {
        foreach (string argument in arguments)
        {
            ProcessOne(Get(argument));
        }
    }

    private bool ProcessOne(DiskMember member)
    {
        bool any = false;
        for (var effects = member.Core.TakeEffects(); !effects.IsEmpty || member.Unflushed > 0; effects = member.Core.TakeEffects())
        {
            any = true;
            Print(member, effects);
            member.Perform(effects, _network.Add);
            while (member.Unflushed > 0)
            {
                member.Flush(_network.Add);
                member.Report();
            }
        }

        return any;
    }

    /// <summary>Effects once; writes stay under way.</summary>
    private void TakeEffects(string[] arguments)
    {
        var member = Get(arguments[0]);
        var effects = member.Core.TakeEffects();
        Print(member, effects);
        member.Perform(effects, _network.Add);
    }

    private void Flush(string[] arguments)
    {
        var member = Get(arguments[0]);
        int before = _network.Count;
        member.Flush(_network.Add);
        member.Report();
        _output.AppendLine($"  persisted {member.Core.PersistedIndex}");
        foreach (var message in _network.Skip(before))
        {
            _output.AppendLine($"  send {TranscriptPrinter.Message(message)}");
        }
    }

    /// <summary>deliver 1 2: what waits for these. deliver 1-&gt;2: what waits on this link. deliver: all.</summary>
    private void Deliver(string[] arguments, bool drop)
    {
        var selected = _network.Where(m => arguments.Length == 0
            || arguments.Contains(m.To.ToString()) || arguments.Contains($"{m.From}->{m.To}")).ToList();
        foreach (var message in selected)
        {
            _network.Remove(message);
            _output.AppendLine($"  {(drop ? "lost" : "got")} {TranscriptPrinter.Message(message)}");
            if (!drop)
            {
                Get(message.To.ToString()).Core.Receive(message);
            }
        }
    }

    /// <summary>Processes and delivers among the given members (or all) until nothing moves. "quiet" prints nothing.</summary>
    private void Settle(string[] arguments)
    {
        bool quiet = arguments.Contains("quiet");
        var ids = arguments.Where(a => a != "quiet").ToList();
        if (ids.Count == 0)
        {
            ids = [.. _members.Keys.Select(k => k.ToString(CultureInfo.InvariantCulture))];
        }

        for (bool moved = true; moved;)
        {
            moved = false;
            foreach (string id in ids)
            {
                moved |= ProcessOne(Get(id));
            }

            var local = _network.Where(m => ids.Contains(m.From.ToString()) && ids.Contains(m.To.ToString())).ToList();
            foreach (var message in local)
            {
                moved = true;
                _network.Remove(message);
                Get(message.To.ToString()).Core.Receive(message);
            }
        }

        if (quiet)
        {
            _output.Clear();
        }
    }

    private void Show(string[] arguments)
    {
        switch (arguments[0])
        {
            case "network":
                _network.ForEach(m => _output.AppendLine($"  {TranscriptPrinter.Message(m)}"));
                break;
            case "progress":
                foreach (var follower in Get(arguments[1]).Core.Followers)
                {
                    _output.AppendLine(TranscriptPrinter.Progress(follower));
                }

                break;
            case "log":
                foreach (string id in arguments[1..])
                {
                    var core = Get(id).Core;
                    var terms = Enumerable.Range((int)core.FirstIndex.Value, (int)(core.LastIndex - core.FirstIndex) + 1).Select(i => core.TermAt(new LogIndex(i)));
                    _output.AppendLine($"  {id}: {core.FirstIndex}..{core.LastIndex} terms {string.Join(' ', terms)} commit {core.CommitIndex}");
                }

                break;
            default:
                foreach (var (id, member) in _members)
                {
                    var core = member.Core;
                    _output.AppendLine($"  {id}: {core.Role}{(core.IsLearner ? " (learner)" : "")} term {core.Term} leader {(core.Leader.IsNone ? "unknown" : core.Leader)} "
                        + $"last {core.LastIndex} commit {core.CommitIndex}; {TranscriptPrinter.Membership(core.Membership)}");
                }

                break;
        }
    }

    private void Print(DiskMember member, Effects effects)
    {
        if (!effects.IsEmpty)
        {
            _output.AppendLine($"{member.Id}:").Append(TranscriptPrinter.Effects(effects));
        }
    }

    private void Proposal(ProposalResult result) =>
        _output.AppendLine(result.Accepted ? $"  appended at {result.FirstIndex}" : $"  refused: {result.Refusal}{(result.Reason is null ? "" : $", {result.Reason}")}");

    private DiskMember Get(string id) => _members[Number(id)];

    private static MemberId Id(string text) => new(Number(text));

    private static ulong Number(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);
}
