using System.Buffers;
using Concord.Mvcc;
using Concord.Node;
using Concord.Raft;
using Concord.Server.Peers;
using Concord.Storage;

namespace Concord.Server.Replica;

/// <summary>
/// This process's replica of the store, as the API slices see it: propose a command, read a view, follow changes.
/// </summary>
/// <remarks>
/// The way of a write: the caller's thread encodes the command and leaves it in the inbox. A turn of the loop gives it to
/// the node, which appends it and asks for a write. The log writer's thread flushes all writes that wait and reports
/// back. The node commits and applies; the turn publishes the view, then the answers go to the completion
/// pump, whose threads run what the callers do next. Reads take none of this way.
/// </remarks>
public sealed class LocalReplica : IAsyncDisposable
{
    /// <summary>The buffer that a thread keeps for encoding; larger commands get their own.</summary>
    private const int KeptBufferBytes = 64 << 10;

    /// <summary>Between two tries to tell the cluster about this member: while there is no leader, trying costs nothing.</summary>
    private static readonly TimeSpan AnnounceRetry = TimeSpan.FromMilliseconds(250);

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    private readonly ReplicaOptions _options;
    private readonly ReplicaEngine _engine;
    private readonly ReplicaShared _shared;
    private readonly long _timeoutTimestamps;
    private Task? _stopped;
    private readonly Lock _stopLock = new();

    private LocalReplica(ReplicaOptions options, ReplicaEngine engine)
    {
        _options = options;
        _engine = engine;
        _shared = engine.Shared;
        _timeoutTimestamps = (long)(options.RequestTimeout.TotalSeconds * options.Time.TimestampFrequency);
    }

    /// <summary>The newest applied view: what a serializable read answers from, without waiting.</summary>
    public KeySpaceView View => _shared.View;

    /// <summary>Completes when a view with other users or rights than those of now is published; ask before looking at the view.</summary>
    public Task AuthChange => _shared.AuthChange;

    public WatchHub Watches => _shared.Watches;

    /// <summary>Completes with the reason when the replica cannot go on; the process should end then.</summary>
    public Task<Exception> Failure => _shared.Failure.Task;

    /// <summary>The time that ticks and deadlines follow.</summary>
    public TimeProvider Time => _options.Time;

    /// <summary>What this replica counts and times.</summary>
    internal ReplicaMetrics Metrics => _options.Metrics;

    /// <summary>What was applied here since the start.</summary>
    internal AppliedOperations Applied => _shared.Facts.Applied;

    /// <summary>The members that messages go to, and what went and came.</summary>
    internal IReadOnlyList<PeerTraffic> Peers => _engine.Network?.Traffic ?? [];

    /// <summary>Where the other members gossip, as they have told.</summary>
    internal IReadOnlyList<string> GossipAddresses => _engine.Network?.GossipAddresses ?? [];

    internal bool IsConnected(MemberId member) => _engine.Network?.IsConnected(member) ?? false;

    /// <summary>Calls under way.</summary>
    public int Pending => _shared.Pending;

    public ReplicaStatus Status
    {
        get
        {
            var facts = _shared.Facts;
            return new(
                _options.Identity.ClusterId, _options.Identity.MemberId, _options.Identity.Name,
                facts.LeaderId, facts.Term, facts.CommitIndex, facts.AppliedIndex, facts.SizeBytes, facts.IsLearner);
        }
    }

    /// <summary>Who leads, as far as this member knows; 0 if nobody.</summary>
    public ulong LeaderId => _shared.Facts.LeaderId;

    /// <summary>Who belongs to the cluster, as it was agreed on, in the order of the ids.</summary>
    public IReadOnlyList<ClusterMember> Members
    {
        get
        {
            var membership = _shared.Facts.Membership;
            var directory = MemberDirectory.Of(membership);
            return [.. membership.Voters.Union(membership.OutgoingVoters).Union(membership.Learners).Order().Select(id =>
            {
                var info = directory[id];
                return new ClusterMember(id.Value, info.Name, info.PeerUrls, info.ClientUrls, membership.Learners.Contains(id), info.BecomesVoter, info.Replaces.Value);
            })];
        }
    }

    /// <summary>The addresses that other members can connect to, with real ports; none if there is no peer port.</summary>
    public IReadOnlyList<System.Net.IPEndPoint> PeerEndpoints => _engine.Network?.Endpoints ?? [];

    /// <summary>Writes are refused because the key space has reached its quota.</summary>
    public bool IsOverQuota => _shared.Facts.SizeBytes > _options.QuotaBytes;

    /// <summary>Writes are refused because the disk is full.</summary>
    public bool IsDiskFull => _engine.IsDiskFull;

    /// <summary>Recovers what the disk holds and starts; completes when calls can be served.</summary>
    /// <exception cref="StorageDamagedException">The data was changed by something else than a crash.</exception>
    /// <exception cref="StorageMismatchException">The data is another member's or of another version.</exception>
    /// <exception cref="DiskInUseException">Another process has the data directory.</exception>
    public static async Task<LocalReplica> StartAsync(
        ReplicaOptions options, IDisk disk, ILogger<LocalReplica> logger, CancellationToken cancellation)
    {
        // Recovery blocks on the disk, maybe for seconds.
        var engine = await Task.Run(() => ReplicaEngine.Start(options, disk, new ReplicaLog(logger), new PeerLog(logger), cancellation), cancellation);
        var replica = new LocalReplica(options, engine);
        try
        {
            await engine.Shared.Ready.Task.WaitAsync(cancellation);
            engine.ReportReady();
            return replica;
        }
        catch
        {
            await replica.DisposeAsync();
            throw;
        }
    }

    /// <summary>A view that holds every write acknowledged before this call (linearizable read).</summary>
    /// <remarks>
    /// With one voter no round to anybody is needed, and not even a turn of the replica. A write is acknowledged
    /// only by this replica, and only after the view that holds it was published (see <see cref="ReplicaLoop"/>). So
    /// whoever calls after an acknowledgement reads a view that is as new at least: the volatile write of the view comes
    /// before the acknowledgement, which comes before this volatile read. Writes acknowledged before the last restart are
    /// in as well, because being the sole voter is only said once an entry of the present term was applied, hence
    /// everything before it. And nobody else can acknowledge anything as long as there is no other voter: a change of
    /// membership is in force, and the fact withdrawn, before the first message about it leaves.
    /// </remarks>
    /// <exception cref="ReplicaException">No leader, stopped or timed out.</exception>
    public ValueTask<KeySpaceView> ReadAsync(CancellationToken cancellation)
    {
        if (_shared.HasFailed)
        {
            return ValueTask.FromException<KeySpaceView>(ReplicaFailures.Stopped());
        }

        return _shared.Facts.IsSoleVoter
            ? new(_shared.View)
            : Submit<KeySpaceView>(RequestKind.Read, default, default, cancellation);
    }

    /// <summary>
    /// Sends a command through the log; completes when it is durable and applied. A cancelled call may still apply.
    /// </summary>
    /// <remarks>
    /// What awaits the call goes on a thread that completes many calls in a row: it must not block, least of all for
    /// another call of this replica.
    /// </remarks>
    /// <exception cref="ReplicaException">The command was not accepted, or its fate is unknown (timed out).</exception>
    public ValueTask<CommandResult> ProposeAsync(Command command, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (_engine.IsDiskFull)
        {
            return ValueTask.FromException<CommandResult>(ReplicaFailures.DiskFull());
        }

        if (IsOverQuota && CommandGrowth.Grows(command))
        {
            return ValueTask.FromException<CommandResult>(ReplicaFailures.NoSpace(_options.QuotaBytes));
        }

        var encoded = Encode(command);
        return encoded.Length > _options.RequestBytesMax
            ? ValueTask.FromException<CommandResult>(ReplicaFailures.TooLarge(encoded.Length, _options.RequestBytesMax))
            : Submit<CommandResult>(RequestKind.Propose, encoded, default, cancellation);
    }

    /// <summary>Restarts a lease's count-down. The granted TTL in seconds, or 0 if there is no such lease.</summary>
    public async ValueTask<long> KeepAliveAsync(LeaseId lease, CancellationToken cancellation) =>
        await Submit<long?>(RequestKind.KeepAlive, default, lease, cancellation).ConfigureAwait(false) ?? 0;

    /// <summary>Whole seconds that a lease has left, or null if there is no such lease.</summary>
    public ValueTask<long?> TimeToLiveAsync(LeaseId lease, CancellationToken cancellation) =>
        Submit<long?>(RequestKind.TimeToLive, default, lease, cancellation);

    /// <summary>
    /// Changes who belongs to the cluster. Completes when the change is committed and no joint configuration is left. May be
    /// called on every member.
    /// </summary>
    /// <param name="info">Names and addresses of members, new ones too.</param>
    /// <exception cref="ReplicaException">Not possible (<see cref="ReplicaFailure.InvalidChange"/>), or its fate is unknown.</exception>
    internal async Task ChangeMembershipAsync(
        IReadOnlyList<MemberChange> changes, IReadOnlyDictionary<MemberId, MemberInfo> info, CancellationToken cancellation)
    {
        if (_engine.Network is null && changes.Count > 0)
        {
            throw new ReplicaException(ReplicaFailure.InvalidChange, "this member listens for no others: restart it with --listen-peer-urls and --initial-advertise-peer-urls that they can reach");
        }

        await Submit(ReplicaRequest<bool>.Of(new MembershipCall(changes, JointMode.Auto, info)), cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Whether the cluster has agreed that this member is none of it. The others stop talking to one that leaves, so it has to
    /// ask, as a stranger would.
    /// </summary>
    internal Task<bool> HasLeftAsync(IReadOnlyList<ClusterMember> others, CancellationToken cancellation) => Task.Run(
        () => _options.Peers is { } peers && others.SelectMany(member => member.PeerUrls).Any(url =>
            ClusterFacts.Ask(new(url), peers, cancellation).Facts is { Membership: { Voters.Count: > 0 } applied } facts
            && facts.ClusterId == _options.Identity.ClusterId
            && !applied.Voters.Union(applied.OutgoingVoters).Union(applied.Learners).Contains(new(_options.Identity.MemberId))),
        cancellation);

    /// <summary>
    /// Tells the cluster this member's name and where clients reach it, again and again until it is agreed on, or the token
    /// is cancelled.
    /// </summary>
    internal async Task AnnounceAsync(IReadOnlyList<string> clientUrls, CancellationToken cancellation)
    {
        var self = new MemberId(_options.Identity.MemberId);
        while (!cancellation.IsCancellationRequested)
        {
            var membership = _shared.Facts.Membership;
            if (!membership.Voters.Contains(self) && !membership.Learners.Contains(self))
            {
                // A member that joins learns what was agreed about it when it was added, and must not forget it here.
                await Task.Delay(AnnounceRetry, _options.Time, cancellation).ConfigureAwait(false);
                continue;
            }

            var known = MemberDirectory.Of(membership)[self];
            var wanted = known with
            {
                Name = _options.Identity.Name,
                PeerUrls = known.PeerUrls.Count > 0 ? known.PeerUrls : _options.Peers?.AdvertiseUrls ?? [],
                ClientUrls = clientUrls,
            };
            try
            {
                if (wanted.Equals(known))
                {
                    return;
                }

                await ChangeMembershipAsync([], new Dictionary<MemberId, MemberInfo> { [self] = wanted }, cancellation).ConfigureAwait(false);
                return;
            }
            catch (ReplicaException error) when (error.Failure != ReplicaFailure.Stopped)
            {
                await Task.Delay(AnnounceRetry, _options.Time, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Hands leadership to another voter and waits until it leads. Only the leader can.
    /// </summary>
    /// <param name="target">0: whoever would take over best.</param>
    /// <exception cref="ReplicaException">Not possible, or the target did not take over in time; then this member leads on.</exception>
    public async Task HandOverAsync(ulong target, CancellationToken cancellation)
    {
        var result = await _engine.HandOverAsync(new(target)).WaitAsync(cancellation).ConfigureAwait(false);
        if (result is TransferResult.Started or TransferResult.AlreadyLeader)
        {
            return;
        }

        throw result switch
        {
            TransferResult.NotLeader => new ReplicaException(ReplicaFailure.NotLeader, "This member does not lead; ask the one that does."),
            TransferResult.NotAVoter => new ReplicaException(ReplicaFailure.BadTransferTarget, "Leadership can only be handed to another member with a vote."),
            _ => new ReplicaException(ReplicaFailure.TimedOut, "The target did not take over in time; this member leads on."),
        };
    }

    /// <summary>The whole state as of one entry, at most as old as this call; writes go on. Dispose it soon.</summary>
    internal async Task<StateExport> ExportAsync(CancellationToken cancellation)
    {
        var export = _engine.ExportAsync();
        try
        {
            return await export.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Nobody will read it any more, whenever it comes.
            _ = export.ContinueWith(
                static late => late.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>The process is about to stop: somebody else should lead while it lets its clients finish.</summary>
    internal void BeginHandOver() => _ = _engine.HandOverAsync(MemberId.None);

    /// <summary>
    /// Refuses new calls, lets those under way finish for a while, makes everything durable and ends the threads. Watch
    /// streams end.
    /// </summary>
    public Task StopAsync()
    {
        lock (_stopLock)
        {
            return _stopped ??= Task.Run(_engine.Dispose);
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    private static byte[] Encode(Command command)
    {
        var buffer = _buffer ??= new(KeptBufferBytes);
        buffer.ResetWrittenCount();
        CommandCodec.Encode(command, buffer);
        var encoded = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity > KeptBufferBytes)
        {
            _buffer = null;
        }

        return encoded;
    }

    private ValueTask<T> Submit<T>(RequestKind kind, ReadOnlyMemory<byte> command, LeaseId lease, CancellationToken cancellation) =>
        Submit(ReplicaRequest<T>.Rent(kind, command, lease), cancellation);

    private ValueTask<T> Submit<T>(ReplicaRequest<T> request, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellation);
        }

        if (!_shared.TryReserve(request.Command.Length, _options))
        {
            return ValueTask.FromException<T>(ReplicaFailures.TooManyRequests());
        }

        request.Deadline = _options.Time.GetTimestamp() + _timeoutTimestamps;
        var answer = request.WaitAsync(cancellation);
        if (!_shared.Inbox.TryAdd(request))
        {
            _shared.Release(request);
            request.SetFailure(ReplicaFailures.Stopped());
            request.Complete();
        }

        return answer;
    }
}
