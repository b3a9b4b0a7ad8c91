using System.Buffers;
using System.Text;
using Concord.Mvcc;
using Concord.Simulator.Checks;
using Concord.Simulator.Hosts;
using Concord.Simulator.Network;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Clients;

/// <summary>One client: makes a call, waits for its answer or gives up, thinks, makes the next.</summary>
internal abstract class Client(Simulation world, int number, Dice dice)
{
    /// <summary>Without a leader there is no point in asking all the time.</summary>
    private const long RefusedPause = 100_000;

    private int _host;
    private bool _isRefused;

    public int Number => number;

    /// <summary>A call is under way.</summary>
    public bool IsBusy { get; private set; }

    protected Simulation World => world;

    protected Dice Dice => dice;

    protected Workload Workload => world.Workload;

    public void Begin() => Think();

    /// <summary>Makes the next call, and calls <see cref="Think"/> when it has ended.</summary>
    protected abstract void Act();

    /// <summary>The run is about to end: no new work, but what others wait for is finished.</summary>
    protected virtual bool IsFinished => true;

    /// <summary>Of asking another member than the last, though that answered; in thousandths.</summary>
    protected virtual int MoveChance => 150;

    /// <summary>Its connection is to this member from now on, until there is no answer.</summary>
    public void Attach(int host) => _host = host;

    protected void Think() => world.Events.After(dice.Around(_isRefused ? Math.Max(RefusedPause, world.Dials.ThinkTime) : world.Dials.ThinkTime), () =>
    {
        if (!Workload.IsStopped || !IsFinished)
            Act();
    });

    protected void Propose(Command command, Action<ClientAnswer> done, Func<ModelResult, IEnumerable<(string Key, RegisterCall Call)>>? calls = null)
    {
        var operation = new ClientCall { Number = Workload.NextNumber(), Client = number, Started = world.Events.Now, Command = command, Calls = calls };
        Call(operation, new ClientRequest.Propose(Encode(command), operation.Number), done);
    }

    protected void Read(
        KeyRange range, bool linearizable, Action<ClientAnswer> done, Func<ModelResult, IEnumerable<(string Key, RegisterCall Call)>>? calls = null)
    {
        var request = new RangeOperation(range);
        var operation = new ClientCall
        {
            Number = Workload.NextNumber(),
            Client = number,
            Started = world.Events.Now,
            Range = request,
            IsLinearizable = linearizable,
            Calls = calls,
        };
        Call(operation, new ClientRequest.Read(request, linearizable), done);
    }

    protected void KeepAlive(LeaseId lease, Action<ClientAnswer> done) => Call(
        new ClientCall { Number = Workload.NextNumber(), Client = number, Started = world.Events.Now },
        new ClientRequest.KeepAlive(lease),
        done);

    protected static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private void Call(ClientCall operation, ClientRequest request, Action<ClientAnswer> done)
    {
        int to = Route();
        bool ended = false;
        IsBusy = true;
        world.Trace.Line($"client {number} → n{to}: {operation}");
        Workload.Started(operation);
        void End(ClientAnswer answer)
        {
            if (ended)
                return;
            ended = true;
            IsBusy = false;
            world.Trace.Mix(4, operation.Number, (long)answer.Kind);
            world.Trace.Line($"client {number} ← n{to}: {operation} {answer.Kind}");
            Workload.Answered(operation, answer);
            Learn(answer);
            done(answer);
        }

        // A broken connection is noticed at once, a silent one after the timeout.
        void Broken() => world.Events.After(dice.Around(5_000), () => End(ClientAnswer.Unknown));
        var sent = world.Network.SendInOrder(
            number, to, () => Deliver(to, request, answer => Return(to, answer, End, Broken), Broken), Broken);
        if (sent == SendResult.Lost && dice.Flip())
            Broken();
        world.Events.After(world.Dials.Patience, () => End(ClientAnswer.Unknown));
    }

    private void Deliver(int to, ClientRequest request, Action<ClientAnswer> answer, Action broken)
    {
        if (world.Hosts[to - 1].Process is { } process)
            process.Request(request, answer);
        else
            broken();
    }

    private void Return(int from, ClientAnswer answer, Action<ClientAnswer> end, Action broken)
    {
        if (world.Network.SendInOrder(from, number, () => end(answer), broken) == SendResult.Lost && dice.Flip())
            broken();
    }

    /// <summary>Mostly to the member that answered last, now and then to any.</summary>
    private int Route()
    {
        if (_host == 0 || !world.Hosts[_host - 1].IsKnown || dice.Chance(MoveChance))
            _host = dice.Pick([.. world.Hosts.Where(host => host.IsKnown)]).Number;
        return _host;
    }

    private void Learn(ClientAnswer answer)
    {
        _isRefused = answer.Kind == AnswerKind.Refused && answer.Leader.IsNone;
        if (answer.Kind == AnswerKind.Refused && !answer.Leader.IsNone)
            _host = (int)answer.Leader.Value;
        else if (answer.Kind != AnswerKind.Done)
            _host = 0;
    }

    private static byte[] Encode(Command command)
    {
        var buffer = new ArrayBufferWriter<byte>();
        CommandCodec.Encode(command, buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
