using System.Buffers;
using Concord.Mvcc;
using Concord.Node;
using Concord.Raft;

namespace Concord.Tests.Node;

/// <summary>A node of a group of one, driven by hand; the disk is a list of entries that the test flushes when it likes.</summary>
internal sealed class NodeDriver
{
    public static readonly MemberId Me = new(1);

    private readonly Queue<LogWrite> _unflushed = new();
    private readonly List<LogEntry> _durable = [];
    private HardState _hardState;
    private long _lastToken;

    public NodeDriver(NodeOptions? options = null, NodeDriver? before = null)
    {
        Options = options ?? new();
        var recovered = before is null
            ? RecoveredState.NewGroup(Membership.Of(Me))
            : new(before._hardState, new(LogIndex.Zero, Term.Zero, Membership.Of(Me)), before._durable.ToArray());
        if (before is not null)
        {
            _durable.AddRange(before._durable);
            _hardState = before._hardState;
        }

        Core = new(Options, new() { Id = Me, Seed = 7 }, recovered, new KeySpace());
    }

    public NodeOptions Options { get; }

    public NodeCore Core { get; }

    public List<CommandAnswer> Commands { get; } = [];

    public List<LeaseAnswer> Leases { get; } = [];

    public List<ReadAnswer> Reads { get; } = [];

    public List<KeySpaceView> Views { get; } = [];

    public int UnflushedWrites => _unflushed.Count;

    public static NodeDriver Leading(NodeOptions? options = null)
    {
        var driver = new NodeDriver(options);
        driver.Settle();
        Assert.True(driver.Core.IsLeading);
        return driver;
    }

    public static byte[] Encode(Command command)
    {
        var buffer = new ArrayBufferWriter<byte>();
        CommandCodec.Encode(command, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    public static Command Put(string key, string value, LeaseId lease = default) =>
        new WriteCommand(new PutOperation(System.Text.Encoding.UTF8.GetBytes(key), System.Text.Encoding.UTF8.GetBytes(value)) { Lease = lease });

    public RequestToken Propose(Command command)
    {
        var token = new RequestToken(++_lastToken);
        Core.Propose(token, Encode(command));
        return token;
    }

    public RequestToken KeepAlive(LeaseId lease)
    {
        var token = new RequestToken(++_lastToken);
        Core.KeepAlive(token, lease);
        Take();
        return token;
    }

    public long? TimeToLive(LeaseId lease)
    {
        var token = new RequestToken(++_lastToken);
        Core.TimeToLive(token, lease);
        Take();
        return Leases.Single(answer => answer.Token == token).Seconds;
    }

    /// <summary>Takes the effects; writes wait for <see cref="Flush"/>.</summary>
    public void Take()
    {
        for (var effects = Core.TakeEffects(); !effects.IsEmpty; effects = Core.TakeEffects())
        {
            Assert.Empty(effects.SendNow);
            foreach (var write in effects.Writes)
            {
                _unflushed.Enqueue(write);
            }

            Views.AddRange(effects.Views);
            foreach (var answer in effects.Commands.Where(answer => answer.Outcome == RequestOutcome.Done))
            {
                Assert.True(Core.View.Revision >= answer.Result!.Revision, "an answer left before its view was published");
            }

            Commands.AddRange(effects.Commands);
            Leases.AddRange(effects.Leases);
            Reads.AddRange(effects.Reads);
        }
    }

    public void Flush()
    {
        ulong last = 0;
        while (_unflushed.TryDequeue(out var write))
        {
            _durable.AddRange(write.Entries.Span);
            _hardState = write.HardState ?? _hardState;
            last = write.Sequence;
        }

        if (last != 0)
        {
            Core.Persisted(last);
        }
    }

    public void Settle()
    {
        Take();
        while (_unflushed.Count > 0)
        {
            Flush();
            Take();
        }
    }

    public void Tick(int count = 1)
    {
        for (; count > 0; count--)
        {
            Core.Tick();
            Settle();
        }
    }

    public CommandResult Do(Command command)
    {
        var token = Propose(command);
        Settle();
        var answer = Commands.Single(one => one.Token == token);
        Assert.Equal(RequestOutcome.Done, answer.Outcome);
        return answer.Result!;
    }
}
