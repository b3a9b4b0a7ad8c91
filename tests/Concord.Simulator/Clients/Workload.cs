using System.Buffers;
using System.Text;
using Concord.Mvcc;
using Concord.Raft;
using Concord.Simulator.Hosts;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Clients;

/// <summary>The clients of a run and what they know.</summary>
internal sealed class Workload(Simulation world, Dice dice)
{
    private readonly HashSet<int> _served = [];
    private long _number;
    private bool _isStopped;
    private int _busy;

    public bool IsBusy => _busy > 0;

    public bool IsServedByAll(List<SimulatedHost> members) => members.All(member => _served.Contains(member.Number));

    public void Begin()
    {
        for (int i = 0; i < world.Dials.Clients; i++)
            Plan(Simulation.HostsMax + 1 + i);
    }

    public void Stop() => _isStopped = true;

    public void CheckAll()
    {
    }

    public void Proposed(long operation, LogIndex index, Term term)
    {
    }

    public void Committed(in LogEntry entry)
    {
    }

    public void Published(HostProcess process, KeySpaceView view)
    {
    }

    private void Plan(int client) => world.Events.After(dice.Around(world.Dials.ThinkTime), () =>
    {
        if (_isStopped)
            return;
        var host = dice.Pick(world.Hosts);
        var key = Encoding.UTF8.GetBytes($"k{dice.Below(world.Dials.Keys)}");
        ClientRequest request = dice.Below(3) == 0
            ? new ClientRequest.Read(new RangeOperation(KeyRange.Single(key)), true)
            : new ClientRequest.Propose(Encode(new WriteCommand(new PutOperation(key, Encoding.UTF8.GetBytes($"v{++_number}")))), _number);
        _busy++;
        bool answered = false;
        world.Figures.Operations++;
        void Answer(ClientAnswer answer)
        {
            if (answered)
                return;
            answered = true;
            _busy--;
            if (answer.Kind == AnswerKind.Done)
            {
                world.Figures.Acknowledged++;
                _served.Add(host.Number);
            }

            Plan(client);
        }

        world.Network.SendInOrder(client, host.Number, () => host.Process?.Request(request, answer => world.Network.SendInOrder(host.Number, client, () => Answer(answer), () => { })), () => { });
        world.Events.After(2 * Dials.Second, () => Answer(ClientAnswer.Unknown));
    });

    private static byte[] Encode(Command command)
    {
        var buffer = new ArrayBufferWriter<byte>();
        CommandCodec.Encode(command, buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
