using Concord.Client.Connection;
using Grpc.Core;
using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Leases;

/// <summary>Renews all kept leases of a client over one stream.</summary>
internal sealed class LeaseStream(FailoverInvoker invoker, ConcordClientOptions options)
    : KeptStream<Etcd.LeaseKeepAliveRequest, Etcd.LeaseKeepAliveResponse>(invoker, options, "Concord.Client.Leases")
{
    private readonly Etcd.Lease.LeaseClient _calls = new(invoker);
    private readonly Dictionary<long, KeptLease> _leases = [];

    protected override string Name => "lease";

    protected override bool HasUsers_NeedsGate => _leases.Count > 0;

    /// <summary>Several attempts must fit into the shortest lease.</summary>
    protected override TimeSpan WaitMax_NeedsGate =>
        TimeSpan.FromTicks(_leases.Values.Select(lease => lease.Ttl.Ticks / 8).Append(Options.BackoffMax.Ticks).Min());

    public async Task<KeptLease> GrantAsync(long seconds, CancellationToken cancellationToken)
    {
        var sent = Time.GetTimestamp();
        var answer = await _calls.LeaseGrantAsync(new() { TTL = seconds }, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);
        var lease = new KeptLease(this, Time, answer.ID, TimeSpan.FromSeconds(answer.TTL), sent);
        lock (Gate)
        {
            // A grant that took longer than the lease lives is lost already.
            if (!lease.IsOver)
            {
                _leases.Add(lease.Id, lease);
                Start_NeedsGate();
            }
        }

        return lease;
    }

    public void Remove(KeptLease lease)
    {
        lock (Gate)
        {
            _leases.Remove(lease.Id);
        }
    }

    /// <summary>Never throws: a lease that cannot be revoked ends by itself, and the log says so.</summary>
    public async Task RevokeAsync(KeptLease lease)
    {
        try
        {
            await _calls.LeaseRevokeAsync(new() { ID = lease.Id }).ResponseAsync.ConfigureAwait(false);
        }
        catch (ConcordServerException error) when (error.Status == StatusCode.NotFound)
        {
            // It has ended already.
        }
        catch (Exception error) when (error is ConcordException or ObjectDisposedException)
        {
            ClientLog.LeaseNotRevoked(Log, lease.Id, lease.Ttl, error.Message);
        }
    }

    public void LogLost(KeptLease lease, ConcordException reason) => ClientLog.LeaseLost(Log, lease.Id, reason.Message);

    public void LogHandlerFailed(KeptLease lease, Exception error) => ClientLog.LeaseHandlerFailed(Log, error, lease.Id);

    /// <summary>Revokes what is still held: a program that ends its client has ended its work.</summary>
    public override async ValueTask DisposeAsync()
    {
        KeptLease[] held;
        lock (Gate)
            held = [.. _leases.Values];
        await Task.WhenAll(held.Select(lease => lease.DisposeAsync().AsTask())).ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override AsyncDuplexStreamingCall<Etcd.LeaseKeepAliveRequest, Etcd.LeaseKeepAliveResponse> Open(CallInvoker endpoint, CallOptions call) =>
        new Etcd.Lease.LeaseClient(endpoint).LeaseKeepAlive(call);

    protected override void Begin_NeedsGate()
    {
        foreach (var lease in _leases.Values.Where(lease => lease.SentAt is not null))
            (lease.SentAt, lease.NextDue) = (null, Time.GetTimestamp());
    }

    protected override TimeSpan TakeDue_NeedsGate(List<Etcd.LeaseKeepAliveRequest> due)
    {
        var now = Time.GetTimestamp();
        var next = long.MaxValue;
        foreach (var lease in _leases.Values.Where(lease => lease.SentAt is null))
        {
            // Whatever is due soon goes along: a thousand leases wake the writer some twenty times per round, not a thousand.
            if (lease.NextDue - lease.ToTimestamp(lease.Ttl / 60) <= now)
            {
                lease.SentAt = now;
                due.Add(new() { ID = lease.Id });
            }
            else
            {
                next = Math.Min(next, lease.NextDue);
            }
        }

        return next == long.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Ceiling(Time.GetElapsedTime(now, next).TotalMilliseconds));
    }

    protected override TimeSpan Patience_NeedsGate()
    {
        var waiting = _leases.Values.Where(lease => lease.SentAt is not null).Select(lease => LeaseTerm.Patience(lease.Ttl)).Order().ToList();
        return waiting.Count == 0 ? Timeout.InfiniteTimeSpan : waiting[0];
    }

    protected override void OnAnswer(Etcd.LeaseKeepAliveResponse answer)
    {
        KeptLease? lease;
        var ended = answer.TTL <= 0;
        lock (Gate)
        {
            if (!_leases.TryGetValue(answer.ID, out lease) || lease.SentAt is not { } sent)
                return;
            lease.SentAt = null;
            if (!ended)
            {
                lease.Confirm(sent, TimeSpan.FromSeconds(answer.TTL));
                lease.NextDue = sent + lease.ToTimestamp(LeaseTerm.RenewAfter(lease.Ttl));
            }
        }

        if (ended)
            lease.Lose(CallErrors.From(new Protocol.V1.ErrorDetail { Code = "lease_ended", Message = $"The server says that the lease {lease.Id:x} has ended." }));
        else
            Wake();
    }

    protected override void OnLost(ConcordException reason, TimeSpan wait)
    {
        // Each lease counts its own time; what is unanswered is sent first on the next stream.
    }
}
