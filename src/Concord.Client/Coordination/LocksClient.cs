using System.Diagnostics;

namespace Concord.Client.Coordination;

/// <summary>Locks, read-write locks and semaphores between processes. Fair: turns come in the order in which they were asked for.</summary>
/// <remarks>
/// No lock between processes is safe by itself: a holder that is stopped for long may wake up after its lock has gone to another, and not
/// know it yet. Therefore every grant carries a <see cref="Grant.FencingToken"/> beside <see cref="Grant.Lost"/>.
/// <para>Locks have etcd's layout of keys: a lock here and <c>etcdctl lock</c> of the same name exclude each other. A plain lock is a
/// write lock, so it goes together with read locks of its name. A semaphore needs a name of its own.</para>
/// </remarks>
/// <example>
/// <code>
/// await using var held = await client.Locks.AcquireAsync("reports/nightly", cancellationToken: stop);
/// await WriteReportAsync(held.FencingToken, held.Lost);
/// </code>
/// </example>
public sealed class LocksClient
{
    private static readonly QueueRule Plain = new QueueRule.Exclusive("");

    private readonly TurnQueue _queue;

    internal LocksClient(TurnQueue queue) => _queue = queue;

    /// <summary>Waits for the lock. Once it is in the queue, servers may be away for as long as the time to live.</summary>
    /// <param name="name">Any text; the keys of the queue are those below <c>name/</c>. So, as in etcd, "a" also waits for holders of "a/b": no
    /// name should be the folder of another.</param>
    /// <exception cref="OperationCanceledException">Given up; nothing is left behind.</exception>
    /// <exception cref="ConcordException">The server refuses, or the place in the queue was lost: no server answered for as long as the time to
    /// live, or somebody deleted the key.</exception>
    /// <exception cref="TimeoutException"><see cref="LockOptions.Wait"/> is over.</exception>
    public Task<LockGrant> AcquireAsync(string name, LockOptions? options = null, CancellationToken cancellationToken = default) =>
        AcquireAsync(name, Plain, options, cancellationToken);

    /// <summary>As <see cref="AcquireAsync(string, LockOptions?, CancellationToken)"/>; null if the lock is not free in time (by default: not free now).</summary>
    public Task<LockGrant?> TryAcquireAsync(string name, LockOptions? options = null, CancellationToken cancellationToken = default) =>
        TryAcquireAsync(name, Plain, options, cancellationToken);

    /// <summary>Waits for a lock that other readers may hold at the same time. A writer who came earlier goes first.</summary>
    /// <inheritdoc cref="AcquireAsync(string, LockOptions?, CancellationToken)"/>
    public Task<LockGrant> AcquireReadAsync(string name, LockOptions? options = null, CancellationToken cancellationToken = default) =>
        AcquireAsync(name, new QueueRule.Shared(), options, cancellationToken);

    /// <summary>As <see cref="AcquireReadAsync"/>; null if the lock is not free in time (by default: not free now).</summary>
    public Task<LockGrant?> TryAcquireReadAsync(string name, LockOptions? options = null, CancellationToken cancellationToken = default) =>
        TryAcquireAsync(name, new QueueRule.Shared(), options, cancellationToken);

    /// <summary>The writing side of a read-write lock, which is the plain lock.</summary>
    /// <inheritdoc cref="AcquireAsync(string, LockOptions?, CancellationToken)"/>
    public Task<LockGrant> AcquireWriteAsync(string name, LockOptions? options = null, CancellationToken cancellationToken = default) =>
        AcquireAsync(name, options, cancellationToken);

    /// <summary>Waits for one of a number of permits.</summary>
    /// <param name="permits">How many may be held at the same time; the same number for all who use the name.</param>
    /// <exception cref="InvalidOperationException">The name is in use with another number of permits, or as a lock.</exception>
    /// <inheritdoc cref="AcquireAsync(string, LockOptions?, CancellationToken)"/>
    public Task<LockGrant> AcquirePermitAsync(string name, int permits, LockOptions? options = null, CancellationToken cancellationToken = default) =>
        AcquireAsync(name, Permits(permits), options, cancellationToken);

    /// <summary>As <see cref="AcquirePermitAsync"/>; null if none is free in time (by default: not free now).</summary>
    public Task<LockGrant?> TryAcquirePermitAsync(string name, int permits, LockOptions? options = null, CancellationToken cancellationToken = default) =>
        TryAcquireAsync(name, Permits(permits), options, cancellationToken);

    private static QueueRule.Limited Permits(int permits)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(permits);
        return new(permits);
    }

    private async Task<LockGrant> AcquireAsync(string name, QueueRule rule, LockOptions? options, CancellationToken cancellationToken)
    {
        options ??= new();
        return await WaitAsync(name, rule, options, cancellationToken).ConfigureAwait(false)
            ?? throw new TimeoutException($"{name} was not free within {options.Wait}.");
    }

    private Task<LockGrant?> TryAcquireAsync(string name, QueueRule rule, LockOptions? options, CancellationToken cancellationToken)
    {
        options ??= new();
        return WaitAsync(name, rule, options with { Wait = options.Wait ?? TimeSpan.Zero }, cancellationToken);
    }

    private async Task<LockGrant?> WaitAsync(string name, QueueRule rule, LockOptions options, CancellationToken cancellationToken)
    {
        using var activity = ClientTelemetry.Activities.StartActivity("concord.lock.wait", ActivityKind.Client);
        activity?.SetTag("concord.lock", name);
        return await _queue.WaitAsync(name, rule, options, cancellationToken).ConfigureAwait(false) is var (entry, revision)
            ? new LockGrant(_queue.Calls, name, entry, revision)
            : null;
    }
}
