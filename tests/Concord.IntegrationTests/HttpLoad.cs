using System.Collections.Concurrent;
using System.Diagnostics;

namespace Concord.IntegrationTests;

/// <summary>Users who ask for a page again and again, and remember whoever was failed.</summary>
internal sealed class HttpLoad : IAsyncDisposable
{
    /// <summary>Above this a user has gone: it counts as a failure.</summary>
    private static readonly TimeSpan UserPatience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http;
    private readonly Task[] _users;
    private readonly ConcurrentQueue<string> _failures = [];
    private readonly ConcurrentDictionary<string, int> _answers = [];
    private long _count;
    private long _worstTicks;

    public HttpLoad(string address, int users, TimeSpan pace)
    {
        _http = new HttpClient { BaseAddress = new Uri(address), Timeout = UserPatience };
        _users = [.. Enumerable.Range(0, users).Select(_ => UseAsync(pace))];
    }

    public long Count => Interlocked.Read(ref _count);

    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>How often each answer came.</summary>
    public IReadOnlyDictionary<string, int> Answers => _answers;

    /// <summary>The longest that any user waited for an answer.</summary>
    public TimeSpan Worst => TimeSpan.FromTicks(Interlocked.Read(ref _worstTicks));

    /// <summary>Waits until so many more were answered.</summary>
    public async Task MoreAsync(int count)
    {
        var goal = Count + count;
        await UntilAsync(() => Count >= goal, $"{count} more answers");
    }

    /// <summary>Waits until the answers are so.</summary>
    public async Task UntilAsync(Func<bool> holds, string what)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var started = Stopwatch.GetTimestamp();
        while (!holds())
        {
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(60))
            {
                throw new TimeoutException($"still not so: {what}; {Count} answers, the last failures: {string.Join("; ", _failures.TakeLast(5))}");
            }

            await timer.WaitForNextTickAsync();
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_users);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task UseAsync(TimeSpan pace)
    {
        await Task.Yield();
        using var timer = new PeriodicTimer(pace);
        while (!_stop.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                using var answer = await _http.GetAsync("/page");
                var text = await answer.Content.ReadAsStringAsync();
                if (answer.IsSuccessStatusCode)
                {
                    _answers.AddOrUpdate(text.Trim(), 1, static (_, count) => count + 1);
                }
                else
                {
                    _failures.Enqueue($"{(int)answer.StatusCode} {text}");
                }
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
            {
                _failures.Enqueue(error.Message);
            }

            var took = Stopwatch.GetElapsedTime(started).Ticks;
            for (var worst = Interlocked.Read(ref _worstTicks); took > worst; worst = Interlocked.Read(ref _worstTicks))
            {
                Interlocked.CompareExchange(ref _worstTicks, took, worst);
            }

            Interlocked.Increment(ref _count);
            await timer.WaitForNextTickAsync();
        }
    }
}
