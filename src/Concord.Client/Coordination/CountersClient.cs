using System.Globalization;
using Concord.Client.Connection;
using Concord.Client.Kv;

namespace Concord.Client.Coordination;

/// <summary>The value of a counter, and the revision at which it had it (0: it was never counted).</summary>
public sealed record CounterValue(long Value, long Revision);

/// <summary>Counters that many processes share: numbers for orders, tickets, shards. A counter that nobody has touched is 0.</summary>
/// <remarks>
/// A counter is one key with the number as text, so <c>etcdctl get</c> shows it. What is added is added exactly once, also when an
/// answer is lost: beside the number a mark says whose addition made it (the key <c>name/by</c>), and history tells whether it was this one.
/// <para>Each addition is an agreed write. For thousands a second on one name, take numbers in blocks: add 100 and hand them out.</para>
/// </remarks>
public sealed class CountersClient
{
    private readonly CoordinationCalls _calls;

    internal CountersClient(CoordinationCalls calls) => _calls = calls;

    /// <summary>The present value, that of every addition that has been answered.</summary>
    /// <exception cref="InvalidOperationException">The key holds something that is not a number.</exception>
    public async Task<CounterValue> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Parse(name, await _calls.Kv.GetAsync(name, cancellationToken: cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Adds, and gives the value after it, which no other addition gets.</summary>
    /// <param name="delta">May be negative, not 0.</param>
    /// <exception cref="OverflowException">The sum does not fit into 64 bits; nothing is changed.</exception>
    /// <exception cref="InvalidOperationException">The key holds something that is not a number; nothing is changed.</exception>
    /// <exception cref="ConcordUnavailableException">No answer came and history no longer tells whether it was added.</exception>
    public async Task<CounterValue> AddAsync(string name, long delta = 1, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfZero(delta);
        var addition = new Addition(_calls, name, delta);
        while (true)
        {
            if (await addition.TryAsync(cancellationToken).ConfigureAwait(false) is { } value)
                return value;
        }
    }

    /// <summary>Sets the counter, whatever it was.</summary>
    public async Task<CounterValue> SetAsync(string name, long value, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var result = await _calls.Kv.Transaction()
            .Then(KvOperation.Put(name, Text(value)), KvOperation.Put(MarkOf(name), ""))
            .CommitAsync(cancellationToken).ConfigureAwait(false);
        return new(value, result.Revision);
    }

    internal static string MarkOf(string name) => $"{name}/by";

    internal static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    internal static CounterValue Parse(string name, KeyValue? pair) => pair is null ? new(0, 0)
        : long.TryParse(pair.Value.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? new(value, pair.ModRevision)
        : throw new InvalidOperationException($"The key {name} is no counter: it holds \"{Shorten(pair.Value.ToString())}\". Use another name, or set it.");

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";

    /// <summary>
    /// One addition, however many tries it takes. All tries on one base are the same transaction (the counter was last changed at that
    /// revision), so at most one of them can happen, also one that is still on its way when the next is made.
    /// </summary>
    private sealed class Addition(CoordinationCalls calls, string name, long delta)
    {
        private readonly string _mark = Guid.NewGuid().ToString("N");
        private int _failures;

        /// <summary>The base whose try ended without an answer.</summary>
        private (CounterValue Value, long ReadAt)? _unknown;

        public async Task<CounterValue?> TryAsync(CancellationToken cancellationToken)
        {
            var (read, readAt) = await calls.PatientAsync(() => ReadAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
            if (_unknown is { } unknown && unknown.Value.Revision != read.Revision)
            {
                _unknown = null;
                if (await IsOursAsync(unknown.ReadAt, cancellationToken).ConfigureAwait(false) is { } revision)
                    return new(unknown.Value.Value + delta, revision);
            }

            var sum = checked(read.Value + delta);
            try
            {
                var result = await calls.Kv.Transaction()
                    .When(KvCondition.ModRevision(name, Comparison.Equal, read.Revision))
                    .Then(KvOperation.Put(name, Text(sum)), KvOperation.Put(MarkOf(name), _mark))
                    .CommitAsync(cancellationToken).ConfigureAwait(false);
                if (result.Succeeded)
                    return new(sum, result.Revision);
            }
            catch (ConcordException error) when (error.IsTransient)
            {
                ClientLog.CoordinationWaits(calls.Log, error.Message);
                _unknown ??= (read, readAt);
                await Task.Delay(Backoff.Wait(++_failures, endpoints: 1, calls.Options.BackoffMin, calls.Options.BackoffMax), calls.Options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }

            return null;
        }

        private async Task<(CounterValue Value, long ReadAt)> ReadAsync(CancellationToken cancellationToken)
        {
            var result = await calls.Kv.Transaction().Then(KvOperation.Get(name)).CommitAsync(cancellationToken).ConfigureAwait(false);
            return (Parse(name, result.Results[0] is OperationResult.Read { Pairs: [var pair] } ? pair : null), result.Revision);
        }

        /// <summary>Whether the first change after the base was this addition's: its revision, or null. Whoever came first has won the base.</summary>
        private async Task<long?> IsOursAsync(long readAt, CancellationToken cancellationToken)
        {
            await foreach (var news in calls.Kv.WatchAsync(KeyRange.Single(name), new() { StartRevision = readAt + 1 }, cancellationToken).ConfigureAwait(false))
            {
                switch (news)
                {
                    case KvWatchEvent.Changed changed:
                        var mark = await calls.PatientAsync(() => calls.Kv.GetAsync(MarkOf(name), new() { Revision = changed.Revision }, cancellationToken), cancellationToken).ConfigureAwait(false);
                        return mark is { } by && by.ModRevision == changed.Revision && by.Value.ToString() == _mark ? changed.Revision : null;
                    case KvWatchEvent.Relisted:
                        throw new ConcordUnavailableException($"Whether {delta} was added to {name} is not known: no answer came, and the history that would tell is compacted.");
                    default:
                        break;
                }
            }

            return null;
        }
    }
}
