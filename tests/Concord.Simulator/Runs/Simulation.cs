using System.Buffers;
using Concord.Node;
using Concord.Raft;
using Concord.Simulator.Checks;
using Concord.Simulator.Clients;
using Concord.Simulator.Faults;
using Concord.Simulator.Hosts;
using Concord.Simulator.Network;

namespace Concord.Simulator.Runs;

/// <summary>What a run is made of besides its seed.</summary>
internal sealed record SimulationOptions
{
    /// <summary>Null: drawn from the seed.</summary>
    public int? Members { get; init; }

    public TextWriter? Trace { get; init; }

    /// <summary>What the hosts do; canaries break a rule.</summary>
    public Func<HostRules> Rules { get; init; } = static () => new();

    /// <summary>
    /// What serves a process's watchers. The simulator's own knows views only; the server's hub cannot be referenced from here,
    /// so the tests that know both hand it in.
    /// </summary>
    public Func<HostProcess, IHostWatches> Watches { get; init; } = static process => new WatchService(process);
}

/// <summary>
/// A whole cluster in one thread: real nodes and storage on simulated disks, network and time, with clients that use it and
/// faults that befall it. Everything comes from one seed; the same seed is the same run, bit for bit.
/// </summary>
internal sealed class Simulation
{
    /// <summary>Hosts that a run may have in all, those that join later included. Clients' numbers begin after it.</summary>
    public const int HostsMax = 64;

    private readonly ulong _seed;
    private readonly SimulationOptions _options;
    private readonly ArrayBufferWriter<byte> _buffer = new(256);
    private readonly Dice _dice;
    private readonly List<SimulatedHost> _hosts = [];

    public Simulation(ulong seed, SimulationOptions options)
    {
        _seed = seed;
        _options = options;
        _dice = new Dice(seed);
        Dials = new Dials(_dice.Fork(), options.Members);
        Rules = options.Rules();
        ClusterId = _dice.Next() | 1;
        Events = new EventQueue();
        Trace = new Trace(Events, options.Trace);
        Network = new SimulatedNetwork(Events, _dice.Fork(), Dials.Network);
        RaftChecks = new RaftChecks(this);
        StateChecks = new StateChecks(this);
        var founders = Membership.Of([.. Enumerable.Range(1, Dials.Members).Select(number => new MemberId((ulong)number))]);
        for (int i = 0; i < Dials.Members; i++)
            AddHost(founders);
        Workload = new Workload(this, _dice.Fork());
        Nemesis = new Nemesis(this, _dice.Fork());
    }

    public Dials Dials { get; }

    public HostRules Rules { get; }

    public ulong ClusterId { get; }

    public EventQueue Events { get; }

    public Trace Trace { get; }

    public Figures Figures { get; } = new();

    public SimulatedNetwork Network { get; }

    public RaftChecks RaftChecks { get; }

    public StateChecks StateChecks { get; }

    public Workload Workload { get; }

    public Nemesis Nemesis { get; }

    /// <summary>All hosts that ever were; the member with number n is at n - 1.</summary>
    public IReadOnlyList<SimulatedHost> Hosts => _hosts;

    /// <summary>Runs to the end: faults, healing, agreement, final checks.</summary>
    /// <exception cref="SimulationFailedException">A promise does not hold.</exception>
    public void Run()
    {
        try
        {
            foreach (var host in _hosts)
                host.Start();
            Workload.Begin();
            Nemesis.Begin();
            RunUntil(Dials.FaultPhase);
            Nemesis.Heal();
            new Convergence(this).Run();
            Workload.CheckAll();
            Count();
        }
        catch (Exception error) when (error is not SimulationFailedException and not OutOfMemoryException)
        {
            throw new SimulationFailedException($"{error.GetType().Name}: {error.Message}", error);
        }
    }

    public IHostWatches NewWatches(HostProcess process) => _options.Watches(process);

    public SimulatedHost AddHost(Membership founders)
    {
        var host = new SimulatedHost(this, _hosts.Count + 1, founders, new Dice(_seed + ((ulong)(_hosts.Count + 1) * 0xD1342543DE82EF95)));
        _hosts.Add(host);
        return host;
    }

    public void RunUntil(long end)
    {
        while (Events.TryStep(end))
        {
        }
    }

    public void Send(SimulatedHost from, RaftMessage message)
    {
        RaftChecks.Sent(from, message);
        _buffer.ResetWrittenCount();
        MessageCodec.Encode(message, _buffer);
        Trace.Mix(_buffer.WrittenSpan);
        Trace.Line($"{from.Id} → {message.To}: {message}");
        Figures.Messages++;
        byte[] bytes = _buffer.WrittenSpan.ToArray();
        int to = (int)message.To.Value;
        var result = Network.Send(from.Number, to, () => Receive(from, to, bytes));
        if (result == SendResult.Lost)
            Nemesis.MessageLost(from, to);
    }

    public void SendSnapshotPiece(SimulatedHost from, MemberId to, SnapshotPiece piece)
    {
        Trace.Mix(2, piece.Transfer, piece.Number);
        Network.Send(from.Number, (int)to.Value, () => _hosts[(int)to.Value - 1].Process?.ReceiveSnapshot(from.Number, piece));
    }

    public void SendSnapshotAnswer(SimulatedHost from, int to, SnapshotPieceAnswer answer)
    {
        Trace.Mix(3, answer.Transfer, answer.Number);
        Network.Send(from.Number, to, () => _hosts[to - 1].Process?.ReceiveSnapshotAnswer(answer));
    }

    public void AfterTurn(SimulatedHost host)
    {
        Trace.Mix(1, host.Number, host.Process!.Node.AppliedIndex.Value);
        RaftChecks.AfterTurn(host);
        StateChecks.AfterTurn(host);
    }

    /// <summary>A process had to stop because of its environment.</summary>
    public void ProcessFailed(SimulatedHost host, string reason)
    {
        Trace.Note($"{host.Identity.Name} stops: {reason}");
        Nemesis.Stopped(host, CrashKind.Kill);
    }

    /// <summary>A leader took an operation of a client into its log.</summary>
    public void Proposed(long operation, LogIndex index, Term term) => Workload.Proposed(operation, index, term);

    /// <summary>An entry was committed, for the first time anywhere.</summary>
    public void Committed(in LogEntry entry)
    {
        Workload.Truth.Committed(entry);
        if (entry.Kind == EntryKind.Membership)
            Trace.Line($"entry {entry.Index} commits voters {string.Join(',', MembershipCodec.Decode(entry.Data)!.Voters)}, learners {string.Join(',', MembershipCodec.Decode(entry.Data)!.Learners)}");
        if (entry.Kind == EntryKind.Membership)
            Nemesis.Operators.Committed(MembershipCodec.Decode(entry.Data)!);
    }

    /// <summary>A member hands a client's command to the leader, and hears where it was put. Either may get lost.</summary>
    public void Forward(SimulatedHost from, MemberId leader, ClientRequest.Propose propose, Action<RequestOutcome, LogIndex, Term> answer)
    {
        int to = (int)leader.Value;
        Network.SendInOrder(
            from.Number,
            to,
            () => _hosts[to - 1].Process?.ProposeFor(propose, (outcome, index, term) =>
                Network.SendInOrder(to, from.Number, () => answer(outcome, index, term), Nothing)),
            Nothing);

        static void Nothing()
        {
        }
    }

    private void Receive(SimulatedHost from, int to, byte[] bytes)
    {
        if (_hosts[to - 1].Process is not { } process)
        {
            Nemesis.ConnectionRefused(from, to);
            return;
        }

        var message = MessageCodec.Decode(bytes) ?? throw new SimulationFailedException("a message does not survive the codec");
        process.Receive(message);
    }

    private void Count()
    {
        Figures.Committed = RaftChecks.MaxCommit.Value;
        Figures.Leaders = RaftChecks.Leaders;
        Figures.Events = Events.Done;
    }
}
