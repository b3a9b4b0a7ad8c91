using System.Threading.Channels;
using Concord.Checks;
using Concord.Client;
using Concord.Protocol.V1;
using Entry = Concord.Agent.Checks.CheckTable.Entry;

namespace Concord.Agent.Checks;

/// <summary>
/// Looks at the instances of this host and tells the servers what changes their states. Looking does not need the servers: what they could not be told
/// waits, one word for each instance, and is told when they are back.
/// </summary>
/// <param name="look">Looks at an instance once.</param>
/// <param name="send">Tells the servers.</param>
internal sealed class HostChecker(
    Func<AssignedCheck, CheckSpec, CancellationToken, Task<ProbeResult>> look, Func<ReportCheckRequest, CancellationToken, Task<ReportCheckResponse>> send, TimeProvider time, AgentLog log) : IDisposable
{
    /// <summary>Reports under way at once: all instances of a host may fail together, and the servers write each.</summary>
    private const int ReportsMax = 16;

    private static readonly TimeSpan RetryMin = TimeSpan.FromMilliseconds(250), RetryMax = TimeSpan.FromSeconds(10);

    private readonly CheckPace _pace = new(time, log.CheckFault);
    private readonly Channel<bool> _news = Wish(), _back = Wish();
    private readonly Dictionary<Entry, CancellationTokenSource> _running = [];
    private readonly CancellationTokenSource _stopping = new();

    public CheckTable Table { get; } = new();

    public void Dispose()
    {
        _stopping.Cancel();
        foreach (var (_, stop) in _running)
        {
            stop.Dispose();
        }

        _stopping.Dispose();
        _pace.Dispose();
    }

    /// <summary>Begins and ends looking as the servers say. Called by one at a time.</summary>
    public void Apply(WatchChecksResponse message)
    {
        var (begun, ended) = Table.Apply(message);
        foreach (var entry in ended)
        {
            if (_running.Remove(entry, out var stop))
            {
                stop.Cancel();
                stop.Dispose();
            }
        }

        foreach (var entry in begun)
        {
            var stop = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            _running.Add(entry, stop);
            _ = _pace.RunAsync(entry.Spec, cancel => look(entry.Assigned, entry.Spec, cancel), (found, _) => TakeAsync(entry, found), stop.Token);
        }
    }

    /// <summary>The servers were heard, so what waits for them need not wait longer.</summary>
    public void ServersAreBack() => _back.Writer.TryWrite(true);

    /// <summary>Tells the servers what there is to tell, until it is stopped.</summary>
    public async Task ReportAsync(CancellationToken stop)
    {
        while (true)
        {
            await _news.Reader.ReadAsync(stop);
            var wait = RetryMin;
            while (Table.Due() is { Count: > 0 } due)
            {
                _back.Reader.TryRead(out _);
                if (await SendAsync(due, stop))
                {
                    wait = RetryMin;
                    continue;
                }

                // Not all agents of a cluster at once.
                using var pause = CancellationTokenSource.CreateLinkedTokenSource(stop);
                await Task.WhenAny(_back.Reader.WaitToReadAsync(pause.Token).AsTask(), Task.Delay(wait * (0.5 + (Random.Shared.NextDouble() / 2)), time, pause.Token));
                await pause.CancelAsync();
                stop.ThrowIfCancellationRequested();
                wait = TimeSpan.FromTicks(Math.Min(2 * wait.Ticks, RetryMax.Ticks));
            }
        }
    }

    private Task TakeAsync(Entry entry, ProbeResult found)
    {
        if (Table.Take(entry, found))
        {
            _news.Writer.TryWrite(true);
        }

        return Task.CompletedTask;
    }

    /// <summary>False if the servers are away.</summary>
    private async Task<bool> SendAsync(IReadOnlyList<CheckReport> due, CancellationToken stop)
    {
        using var away = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = ReportsMax, CancellationToken = away.Token }, async (report, cancel) =>
            {
                try
                {
                    var answer = await send(
                        new() { Service = report.Service, Id = report.Id, Generation = report.Generation, State = (InstanceState)report.State, Reason = report.Reason }, cancel);
                    Table.Told(report, answer);
                    if (answer.Changed)
                    {
                        log.Checked(report.Service, report.Id, report.State.ToString().ToLowerInvariant(), report.Reason);
                    }
                }
                catch (ConcordException error) when (error.IsTransient)
                {
                    // The others would find the same.
                    await away.CancelAsync();
                }
                catch (ConcordException error)
                {
                    // Another registration's by now, or a right that is missing: the next look has another word, if any.
                    if (Table.Refused(report, error.Message))
                    {
                        log.ReportRefused(report.Service, report.Id, error.Message);
                    }
                }
            });
            return true;
        }
        catch (OperationCanceledException) when (away.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private static Channel<bool> Wish() => Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
}
