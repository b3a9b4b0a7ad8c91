using System.Buffers;
using Concord.Gossip;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Gossip;

/// <summary>
/// Many members that gossip, in one thread, in simulated time: real cores, a network that loses and delays, members that stop, are
/// held up, come and go. Everything comes from one seed.
/// </summary>
internal sealed class GossipRun
{
    private const uint FirstAddress = 0x0A000000;
    private const ulong Cluster = 1;
    private const string Event = "news";

    private readonly GossipDials _dials;
    private readonly GossipSchedule _schedule = new();
    private readonly Dice _dice;
    private readonly List<SimulatedMember> _members = [];
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly List<GossipMessage> _decoded = [];
    private readonly GossipFaults _faults;
    private bool _isCalm;

    public GossipRun(GossipDials dials)
    {
        _dials = dials;
        _dice = new Dice(dials.Seed);
        _faults = new GossipFaults(this, dials, _dice.Fork());
        Found();
    }

    public GossipFigures Figures { get; } = new();

    public IReadOnlyList<SimulatedMember> Members => _members;

    public long Now => _schedule.Now;

    public long Steps => _schedule.Done;

    public long CalmFor { get; private set; }

    public void Run()
    {
        RunTo(GossipDials.WarmUp);
        Calm();
        Send();
        _faults.Run();
        Settle();
    }

    public void RunTo(long time)
    {
        while (_schedule.TryTake(time, out var step))
            Do(step);
    }

    /// <summary>A new process that knows nobody but a member that is there.</summary>
    public void Join()
    {
        var seed = Pick(member => member.IsRunning);
        var member = Add();
        member.Core.Join(Now, [seed.Address]);
        Perform(member);
    }

    public void Leave(SimulatedMember member)
    {
        member.IsLeaving = true;
        member.Core.Leave(Now);
        Perform(member);
    }

    public void Crash(SimulatedMember member)
    {
        Stop(member);
        var observers = _members.Where(other => other.IsRunning && other.Core.Find(member.Core.Self.Name) is { Status: MemberStatus.Alive or MemberStatus.Suspect });
        Figures.Crashed(member.Number, Now, [.. observers.Select(other => other.Number)]);
    }

    /// <summary>A member that is there and nothing befalls.</summary>
    public SimulatedMember Pick(Func<SimulatedMember, bool> wanted)
    {
        while (true)
        {
            var member = _members[_dice.Below(_members.Count)];
            if (wanted(member))
                return member;
        }
    }

    private void Found()
    {
        for (int i = 0; i < _dials.Members; i++)
            Add();
        var everybody = new GossipMessage.PushPull(0, _members.Select(member => new MemberState(member.Core.Self, 0, MemberStatus.Alive)).ToArray());
        foreach (var member in _members)
        {
            member.Core.Join(0, [_members[0].Address]);
            var request = member.Core.TakeEffects().StreamRequests[0];
            member.Core.StreamAnswered(0, request.Id, everybody);
            member.Core.TakeEffects();
            member.Core.TakeEffects();
            Plan(member);
        }
    }

    private SimulatedMember Add()
    {
        int number = _members.Count;
        var address = GossipAddress.V4(FirstAddress + (uint)number, 2381);
        var options = _dials.Options(new() { Self = new($"member-{number}", address), Seed = _dice.Next() });
        var member = new SimulatedMember(number, address, new(options, Now));
        _members.Add(member);
        return member;
    }

    /// <summary>What a group costs that has nothing to tell.</summary>
    private void Calm()
    {
        CalmFor = _dials.Duration / 3;
        _isCalm = true;
        _faults.BeginSlowness();
        RunTo(Now + CalmFor);
        _isCalm = false;
    }

    private void Send()
    {
        Figures.EventSent = Now;
        Figures.EventMembers = _members.Count(member => member.IsRunning);
        var sender = Pick(member => member is { IsRunning: true, IsSlow: false });
        sender.Core.SendUserEvent(Now, Event, "x"u8.ToArray());
        Perform(sender);
    }

    private void Settle()
    {
        long start = Now;
        while (true)
        {
            Figures.Disagreements = CountDisagreements();
            if (Figures.Disagreements == 0)
            {
                Figures.AgreedAfter = Now - start;
                return;
            }

            if (Now - start >= _dials.SettleMax)
                return;
            RunTo(Now + 1000);
        }
    }

    /// <summary>All members' views of all, or some members' in a large group.</summary>
    private long CountDisagreements()
    {
        int step = Math.Max(1, _members.Count / 200);
        long wrong = 0;
        for (int i = 0; i < _members.Count; i += step)
        {
            if (!_members[i].IsRunning)
                continue;
            foreach (var member in _members)
            {
                bool lives = _members[i].Core.Find(member.Core.Self.Name) is { Status: MemberStatus.Alive or MemberStatus.Suspect };
                wrong += lives == member.IsRunning ? 0 : 1;
            }
        }

        return wrong;
    }

    private void Do(in GossipStep step)
    {
        var to = _members[step.To];
        if (step.Kind == GossipStepKind.Wake)
        {
            Wake(to);
            return;
        }

        if (!to.IsRunning)
            return;
        if (_faults.HeldUntil(to) is var later && later > Now)
        {
            _schedule.At(later, step);
            return;
        }

        switch (step.Kind)
        {
            case GossipStepKind.Packet:
                to.Core.Receive(Now, _members[step.From].Address, (IReadOnlyList<GossipMessage>)step.Payload!);
                break;
            case GossipStepKind.StreamRequest:
                // The asker and its number are the connection.
                to.Core.StreamReceived(Now, ((ulong)step.From << 32) | step.Id, (GossipMessage)step.Payload!);
                break;
            default:
                to.Core.StreamAnswered(Now, step.Id, (GossipMessage)step.Payload!);
                break;
        }

        Perform(to);
    }

    private void Wake(SimulatedMember member)
    {
        if (member.WakeAt != Now)
            return;
        member.WakeAt = long.MaxValue;
        if (!member.IsRunning)
            return;
        if (member.Core.NextDue <= Now)
        {
            member.Core.Advance(Now);
            Perform(member);
        }
        else
        {
            Plan(member);
        }
    }

    private void Perform(SimulatedMember member)
    {
        var effects = member.Core.TakeEffects();
        foreach (var happened in effects.Events)
            Count(member, happened);
        foreach (var packet in effects.Packets)
            Send(member, packet);
        foreach (var request in effects.StreamRequests)
            SendStream(member, Number(request.To), GossipStepKind.StreamRequest, request.Id, request.Message);
        foreach (var reply in effects.StreamReplies)
            SendStream(member, (int)(reply.Connection >> 32), GossipStepKind.StreamReply, (uint)reply.Connection, reply.Message);
        Plan(member);
    }

    private void Plan(SimulatedMember member)
    {
        long due = Math.Clamp(member.Core.NextDue, Now, Now + GossipSchedule.Horizon);
        if (member.IsRunning && due < member.WakeAt)
        {
            member.WakeAt = due;
            _schedule.At(due, new(GossipStepKind.Wake, member.Number, 0, 0, null));
        }
    }

    private void Send(SimulatedMember from, in OutgoingPacket packet)
    {
        Figures.All.AddPacket(packet.Bytes);
        if (_isCalm)
            Figures.Calm.AddPacket(packet.Bytes);
        int to = Number(packet.To);
        if (_faults.Loses(from.Number, to))
            return;
        var messages = _dials.Codec ? Through(packet) : packet.Messages;
        _schedule.At(_faults.HeldUntil(from) + Latency(), new(GossipStepKind.Packet, to, from.Number, 0, messages));
    }

    /// <summary>To one that is gone, or beyond a cut, it gets nowhere: the asker's own timeout ends it.</summary>
    private void SendStream(SimulatedMember from, int to, GossipStepKind kind, ulong id, GossipMessage message)
    {
        int bytes = PacketCodec.HeaderBytes + PacketCodec.SizeOf(message);
        Figures.All.AddStream(bytes);
        if (_isCalm)
            Figures.Calm.AddStream(bytes);
        if (_faults.IsCut(from.Number, to))
            return;
        long late = _dice.Chance(_dials.LossPerMille) ? 200 : 0;

        // A connection is there after one round trip.
        _schedule.At(_faults.HeldUntil(from) + (3 * Latency()) + late, new(kind, to, from.Number, id, message));
    }

    /// <summary>One to three milliseconds: a data centre's, with its software.</summary>
    private long Latency() => 1 + _dice.Below(3);

    private List<GossipMessage> Through(in OutgoingPacket packet)
    {
        _buffer.ResetWrittenCount();
        PacketCodec.Encode(Cluster, packet.Messages, _buffer);
        var refusal = PacketCodec.Decode(_buffer.WrittenSpan, Cluster, PacketCodec.DatagramBytesMax, _decoded);
        if (refusal != PacketRefusal.None || _buffer.WrittenCount != packet.Bytes)
            throw new SimulationFailedException($"a packet of {packet.Bytes} bytes does not survive the codec: {refusal}");
        return [.. _decoded];
    }

    private void Count(SimulatedMember member, GossipEvent happened)
    {
        switch (happened)
        {
            case GossipEvent.MemberSuspected e:
                Figures.Suspicions++;
                Figures.DetectionOf(Number(e.Member.Address))?.Suspected(Now);
                break;
            case GossipEvent.MemberDied e:
                CountDeath(member, _members[Number(e.Member.Address)]);
                break;
            case GossipEvent.MemberRefuted:
                Figures.Refutations++;
                break;
            case GossipEvent.UserEventReceived e when e.Event.Name == Event:
                Figures.EventArrivals.Add(Now);
                break;
            case GossipEvent.LeaveFinished:
                Stop(member);
                break;
        }
    }

    private void CountDeath(SimulatedMember observer, SimulatedMember subject)
    {
        if (!subject.IsRunning || subject.IsLeaving)
        {
            Figures.DetectionOf(subject.Number)?.Believed(observer.Number, Now);
        }
        else if (subject.IsSlow)
        {
            Figures.SlowDeaths++;
        }
        else if (_faults.WasCut(observer.Number, subject.Number))
        {
            Figures.CutDeaths++;
        }
        else
        {
            Figures.FalseDeaths++;
            Figures.FalseDeathsAtHealthy += observer.IsSlow ? 0 : 1;
            Figures.FalselyDead.Add(subject.Number);
        }
    }

    private void Stop(SimulatedMember member)
    {
        member.IsRunning = false;
        foreach (var detection in Figures.Detections)
            detection.ObserverGone(member.Number);
    }

    private static int Number(GossipAddress address) => (int)((uint)address.Ip - FirstAddress);
}
