using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Threading.Channels;
using Concord.Gossip;
using Concord.Members.Keys;
using Concord.Members.Streams;
using Concord.Members.Wire;
using Microsoft.Extensions.Logging;

namespace Concord.Members;

/// <summary>The group does not take more at the moment, or this member has left it.</summary>
public sealed class GossipBusyException(string message) : Exception(message);

/// <summary>What one member answered to a change of keys.</summary>
/// <param name="Error">Null: done.</param>
/// <param name="Fingerprints">Its keys, the one in use first.</param>
public sealed record KeyringResult(string Member, string? Error, IReadOnlyList<string> Fingerprints);

/// <summary>
/// One member of a gossip group on real sockets: who is there, events, and the keys. Safe to use from any thread. Reading who is
/// there never waits.
/// </summary>
public sealed class GossipMember : IAsyncDisposable
{
    /// <summary>Streams to others at once: one join with all its seeds, an exchange, and the probes of a bad hour.</summary>
    private const int StreamsMax = 64;

    /// <summary>Members that are asked about keys at once.</summary>
    private const int KeyringAtOnce = 16;

    private readonly GossipPort _port;
    private readonly GossipLoop _loop;
    private readonly StreamServer _server;
    private readonly StreamClient _client;
    private readonly KeyringDesk? _keyring;
    private readonly GossipLog _log;
    private readonly ConcurrentDictionary<string, MemberState> _members = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<object, ChannelWriter<GossipEvent>> _readers = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<bool> _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<GossipEvent.JoinFinished>? _joining;
    private int _streams;
    private long _version;
    private int _isDisposed;

    private GossipMember(GossipMemberOptions options, GossipPort port, ILogger logger)
    {
        _port = port;
        _log = new(logger);
        Name = options.Name;
        Address = options.Address;
        _keyring = options.Keys is null ? null : new(options.KeyFile, options.Keys);
        var self = new MemberInfo(options.Name, options.Address, options.Metadata.Encode());
        var gossip = new GossipOptions
        {
            Self = self,
            Seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))),
            PacketBytes = new GossipOptions { Self = self, Seed = 0 }.PacketBytes - (options.Keys is null ? 0 : PacketKeyring.Overhead),
        };
        gossip = gossip.In(options.Profile);
        gossip = options.Tune?.Invoke(gossip) ?? gossip;
        var core = new GossipCore(gossip, GossipLoop.Now);
        Counters = core.Counters;
        _members[Name] = new(self, 0, MemberStatus.Alive);
        var context = new StreamContext(options.ClusterId, TimeSpan.FromMilliseconds(gossip.StreamTimeout), () => _keyring?.Keys, Traffic, _log);
        _client = new(context);
        _loop = new(port, core, context, Happened, Ask);
        _server = new(port.Streams, _loop, context, _keyring);
    }

    public string Name { get; }

    public GossipAddress Address { get; }

    public GossipTraffic Traffic { get; } = new();

    /// <summary>What the protocol counts; written by one thread, read by any.</summary>
    public GossipCounters Counters { get; }

    /// <summary>Lifeguard's score, as of the last event: 0 is well.</summary>
    public int HealthScore { get; private set; }

    public bool IsEncrypted => _keyring is not null;

    /// <summary>Grows with every change of <see cref="Members"/>.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Connections of others that are served now.</summary>
    public int OpenStreams => _server.Open;

    /// <summary>Memory that streams of others take now.</summary>
    internal long HeldBytes => _server.HeldBytes;

    /// <summary>Everybody known, dead ones for a day, this one included.</summary>
    public ICollection<MemberState> Members => _members.Values;

    /// <summary>Completes when the member has ended; with a fault if that was why.</summary>
    public Task Ended => _loop.Ended;

    /// <summary>Takes the port over: it is disposed with the member.</summary>
    public static GossipMember Start(GossipMemberOptions options, GossipPort port, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(port);
        var member = new GossipMember(options, port, logger);
        member._log.Started(member.Name, member.Address);
        if (!member.IsEncrypted && !IPAddress.IsLoopback(port.Bound.Address))
        {
            member._log.NoKey(member.Address);
        }

        member._loop.Start();
        member._server.Start();
        return member;
    }

    /// <summary>Null: not known.</summary>
    public MemberState? Find(string name) => _members.TryGetValue(name, out var state) ? state : null;

    /// <summary>Exchanges what is known with others, any of which will do; how many answered.</summary>
    /// <exception cref="GossipBusyException">A join is under way, or the member has left.</exception>
    public async Task<int> JoinAsync(IReadOnlyCollection<GossipAddress> seeds, CancellationToken cancellation = default)
    {
        var finished = new TaskCompletionSource<GossipEvent.JoinFinished>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _joining, finished, null) is not null)
        {
            throw new GossipBusyException("a join is under way; wait for its end");
        }

        try
        {
            // A handful is enough, since each knows everybody; which, is drawn, so that not all ask the first ones.
            GossipAddress[] some = [.. seeds.Distinct().Where(seed => seed != Address)];
            Random.Shared.Shuffle(some);
            some = some[..Math.Min(some.Length, GossipCore.SeedsMax)];
            if (some.Length == 0)
            {
                return 0;
            }

            await OnLoopAsync((core, now) => core.Join(now, some)).ConfigureAwait(false);
            return (await finished.Task.WaitAsync(cancellation).ConfigureAwait(false)).Contacted;
        }
        finally
        {
            Interlocked.Exchange(ref _joining, null);
        }
    }

    /// <summary>Says goodbye; false if it could not be said often enough in time, so that others may see a death.</summary>
    public async Task<bool> LeaveAsync(CancellationToken cancellation = default)
    {
        await OnLoopAsync(static (core, now) => core.Leave(now)).ConfigureAwait(false);
        return await _left.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <exception cref="GossipBusyException">The member has left, or has too much to do.</exception>
    public Task UpdateAsync(MemberMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        var bytes = metadata.Encode();
        return OnLoopAsync((core, now) =>
        {
            core.Update(now, bytes);
            Publish(core.Self, core);
        });
    }

    /// <summary>Tells every member, this one included, once.</summary>
    /// <exception cref="ArgumentException">Name or payload is too large.</exception>
    /// <exception cref="GossipBusyException">The member has left, or has too much to do.</exception>
    public Task SendEventAsync(string name, ReadOnlyMemory<byte> payload) => OnLoopAsync((core, now) => core.SendUserEvent(now, name, payload));

    /// <summary>What happens from now on. A reader that is more than <paramref name="capacity"/> behind loses the newest ones.</summary>
    public GossipEvents Listen(int capacity)
    {
        var channel = Channel.CreateBounded<GossipEvent>(new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        var key = new object();
        _readers[key] = channel.Writer;
        return new(channel.Reader, () =>
        {
            if (_readers.TryRemove(key, out var writer))
            {
                writer.TryComplete();
            }
        });
    }

    /// <summary>
    /// Does something with the keys of every member that is there, this one included, and tells what each answered. A change that
    /// could cut members off is not begun: nobody is to use a key that another does not have, or lose the one that another uses.
    /// </summary>
    /// <param name="key">For <see cref="KeyringOperation.Add"/>.</param>
    /// <param name="fingerprint">For the others.</param>
    /// <exception cref="KeyringException">It is not begun; the message says why and what to do.</exception>
    public async Task<IReadOnlyList<KeyringResult>> KeyringAsync(KeyringOperation operation, GossipKey? key, string fingerprint, CancellationToken cancellation = default)
    {
        if (_keyring is null)
        {
            throw new KeyringException("gossip is not encrypted; start all members with --gossip-key-file");
        }

        if (operation is KeyringOperation.Use or KeyringOperation.Remove)
        {
            // Looked at here first, so that a wrong name is told before anybody is asked.
            _ = operation == KeyringOperation.Use ? _keyring.Keys.Use(fingerprint) : _keyring.Keys.Remove(fingerprint);
            var present = await EverywhereAsync(KeyringOperation.List, null, "", cancellation).ConfigureAwait(false);
            var wrong = present.Where(one => one.Error is not null || (operation == KeyringOperation.Use
                ? !one.Fingerprints.Contains(fingerprint)
                : one.Fingerprints.Count == 0 || one.Fingerprints[0] == fingerprint)).ToList();
            if (wrong.Count > 0)
            {
                var who = string.Join(", ", wrong.Select(static one => one.Error is null ? one.Member : $"{one.Member} ({one.Error})"));
                throw new KeyringException(operation == KeyringOperation.Use
                    ? $"{fingerprint} is not known to {who}; add it again once all answer"
                    : $"{fingerprint} may be in use at {who}; use another key everywhere first");
            }
        }

        var results = await EverywhereAsync(operation, key, fingerprint, cancellation).ConfigureAwait(false);
        if (operation != KeyringOperation.List)
        {
            _log.KeyringChanged(operation, key?.Fingerprint ?? fingerprint, results.Count(static one => one.Error is null), results.Count);
        }

        return results;
    }

    /// <summary>Stops at once; say goodbye before.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        await _loop.DisposeAsync().ConfigureAwait(false);
        _port.Dispose();
        foreach (var (_, reader) in _readers)
        {
            reader.TryComplete();
        }

        _joining?.TrySetResult(new(0, 0));
        _left.TrySetResult(false);
        _stopping.Dispose();
    }

    internal void NobodyAnswered(IEnumerable<GossipAddress> seeds) => _log.JoinFailed(string.Join(' ', seeds));

    private async Task OnLoopAsync(Action<GossipCore, long> work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool isTaken = _loop.Post((core, now) =>
        {
            try
            {
                work(core, now);
                done.SetResult();
            }
            catch (InvalidOperationException e)
            {
                done.SetException(new GossipBusyException(e.Message));
            }
            catch (ArgumentException e)
            {
                done.SetException(e);
            }
        });
        if (!isTaken)
        {
            throw new GossipBusyException("the gossip of this member has too much to do, or has ended; try again");
        }

        await Task.WhenAny(done.Task, _loop.Ended).ConfigureAwait(false);
        if (!done.Task.IsCompleted)
        {
            throw new GossipBusyException("the gossip of this member has ended");
        }

        await done.Task.ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<KeyringResult>> EverywhereAsync(KeyringOperation operation, GossipKey? key, string fingerprint, CancellationToken cancellation)
    {
        var results = new ConcurrentBag<KeyringResult>();

        // Whoever is suspected may still live; whoever is dead is told by its file and its operator.
        var others = _members.Values.Where(member => member.Info.Name != Name && member.Status is MemberStatus.Alive or MemberStatus.Suspect).ToList();

        // This one last: as long as it has not changed it speaks to others as they know it.
        await Parallel.ForEachAsync(others, new ParallelOptions { MaxDegreeOfParallelism = KeyringAtOnce, CancellationToken = cancellation }, async (member, stop) =>
        {
            try
            {
                var answer = KeyringWire.DecodeAnswer((await _client.KeyringAsync(
                    member.Info.Address,
                    challenge => KeyringWire.Encode(new KeyringRequest(operation, key?.Text ?? "", fingerprint, Convert.ToHexStringLower(challenge.Span))),
                    stop).ConfigureAwait(false)).Span);
                results.Add(new(member.Info.Name, answer.Error, answer.Fingerprints));
            }
            catch (Exception e) when (e is IOException or KeyringException)
            {
                results.Add(new(member.Info.Name, e.Message, []));
            }
        }).ConfigureAwait(false);
        string? error = null;
        try
        {
            _keyring!.Apply(operation, key, fingerprint);
        }
        catch (KeyringException e)
        {
            error = e.Message;
        }

        return [.. results.Append(new(Name, error, [.. _keyring!.Keys.All.Select(static one => one.Fingerprint)])).OrderBy(static one => one.Member, StringComparer.Ordinal)];
    }

    /// <summary>On the loop's thread.</summary>
    private void Ask(StreamRequest request)
    {
        if (Interlocked.Increment(ref _streams) > StreamsMax)
        {
            Interlocked.Decrement(ref _streams);
            Traffic.Drop(GossipDrop.StreamsBusy);
            _loop.Post((core, now) => core.StreamFailed(now, request.Id));
            return;
        }

        _ = Task.Run(() => AskAsync(request));
    }

    private async Task AskAsync(StreamRequest request)
    {
        try
        {
            var answer = await _client.AskAsync(request.To, request.Message, _stopping.Token).ConfigureAwait(false);
            _loop.Post((core, now) => core.StreamAnswered(now, request.Id, answer));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            Traffic.Drop(GossipDrop.StreamFailed);
            _loop.Post((core, now) => core.StreamFailed(now, request.Id));
        }
        finally
        {
            Interlocked.Decrement(ref _streams);
        }
    }

    /// <summary>On the loop's thread.</summary>
    private void Happened(GossipEvent happened, GossipCore core)
    {
        HealthScore = core.HealthScore;
        switch (happened)
        {
            case GossipEvent.MemberJoined e:
                Publish(e.Member, core);
                _log.Joined(e.Member.Name, e.Member.Address);
                break;
            case GossipEvent.MemberUpdated e:
                Publish(e.Member, core);
                break;
            case GossipEvent.MemberSuspected e:
                Publish(e.Member, core);
                _log.Suspected(e.Member.Name, e.From);
                break;
            case GossipEvent.MemberRefuted e:
                Publish(e.Member, core);
                break;
            case GossipEvent.MemberDied e:
                Publish(e.Member, core);
                _log.Died(e.Member.Name, e.From);
                break;
            case GossipEvent.MemberLeft e:
                Publish(e.Member, core);
                _log.Left(e.Member.Name);
                break;
            case GossipEvent.MemberForgotten e:
                _members.TryRemove(e.Member.Name, out _);
                Interlocked.Increment(ref _version);
                break;
            case GossipEvent.NameConflict e:
                _log.Conflict(e.Member.Name, e.Other);
                break;
            case GossipEvent.SelfRefuted:
                Publish(core.Self, core);
                _log.Refuted();
                break;
            case GossipEvent.PacketsBlocked e:
                _log.PacketsBlocked(e.Member.Name);
                break;
            case GossipEvent.JoinFinished e:
                _joining?.TrySetResult(e);
                break;
            case GossipEvent.LeaveFinished e:
                _left.TrySetResult(e.Told);
                break;
            default:
                break;
        }

        foreach (var (_, reader) in _readers)
        {
            if (!reader.TryWrite(happened))
            {
                Traffic.Drop(GossipDrop.Event);
            }
        }
    }

    private void Publish(MemberInfo member, GossipCore core)
    {
        if (core.Find(member.Name) is { } state)
        {
            _members[member.Name] = state;
        }

        Interlocked.Increment(ref _version);
    }
}

/// <summary>Events as they come, until it is disposed.</summary>
public sealed class GossipEvents(ChannelReader<GossipEvent> reader, Action stop) : IDisposable
{
    public ChannelReader<GossipEvent> Reader => reader;

    public void Dispose() => stop();
}
