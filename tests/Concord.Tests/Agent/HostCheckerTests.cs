using System.Collections.Concurrent;
using Concord.Agent;
using Concord.Agent.Checks;
using Concord.Checks;
using Concord.Client;
using Concord.Protocol.V1;
using Concord.Tests.Client;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Concord.Tests.Agent;

/// <summary>An agent that looks at its host's instances: time is the test's, targets and servers are what the test says.</summary>
public sealed class HostCheckerTests : IAsyncDisposable
{
    private const int Failures = 6;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, CheckState> _targets = [];
    private readonly ConcurrentDictionary<string, int> _looks = [];
    private readonly ConcurrentQueue<string> _told = [];
    private readonly HostChecker _checker;
    private readonly Task _reporting;
    private volatile Func<ReportCheckRequest, Exception?> _refuse = static _ => null;
    private volatile int _tried;
    private int _underWay, _underWayMost;
    private volatile TaskCompletionSource? _hold;

    public HostCheckerTests()
    {
        _checker = new(LookAsync, SendAsync, _time, new AgentLog(NullLogger.Instance));
        _reporting = _checker.ReportAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reporting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _checker.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task Only_what_changes_a_state_is_told_and_only_after_several_in_a_row()
    {
        _targets["a"] = CheckState.Passing;
        Assign(One("a"));
        await LooksAsync("a", 5);
        Assert.Equal(["a Passing "], _told);

        _targets["a"] = CheckState.Critical;
        await LooksAsync("a", 3);
        Assert.Single(_told);
        await LooksAsync("a", Failures);
        _targets["a"] = CheckState.Warning;
        await LooksAsync("a", 4);
        Assert.Equal(["a Passing ", "a Critical found Critical", "a Warning found Warning"], _told);
    }

    [Fact]
    public async Task While_the_servers_are_away_looking_goes_on_and_the_last_word_waits()
    {
        _targets["a"] = _targets["b"] = CheckState.Passing;
        Assign(One("a", InstanceState.Passing), One("b", InstanceState.Passing));
        _refuse = static _ => new ConcordUnavailableException("away");
        _targets["a"] = _targets["b"] = CheckState.Critical;
        await LooksAsync("a", 10, isTold: false);
        await LooksAsync("b", 10, isTold: false);

        // What it was all the time, as far as the servers know.
        _targets["b"] = CheckState.Passing;
        await LooksAsync("b", 4, isTold: false);
        Assert.Equal("a", Assert.Single(_checker.Table.Due()).Id);
        Assert.Empty(_told);

        // It is tried now and then, not for each look.
        var (tried, looks) = (_tried, _looks["a"]);
        await LooksAsync("a", 40, isTold: false);
        Assert.InRange(_tried - tried, 1, (_looks["a"] - looks) / 4);

        _refuse = static _ => null;
        await UntilAsync(() => !_told.IsEmpty);
        await LooksAsync("a", 3);
        Assert.Equal(["a Critical found Critical"], _told);
    }

    [Fact]
    public async Task Servers_that_are_heard_again_are_told_at_once()
    {
        _targets["a"] = CheckState.Critical;
        Assign(One("a", InstanceState.Passing));
        _refuse = static _ => new ConcordUnavailableException("away");
        await UntilAsync(() => _tried >= 5);
        _refuse = static _ => null;

        // Without the clock going on.
        await Wait.UntilAsync(
            () =>
            {
                _checker.ServersAreBack();
                return _told.Count == 1;
            },
            "it is told");
    }

    [Fact]
    public async Task A_report_that_is_refused_is_dropped_and_the_next_look_has_another()
    {
        _targets["a"] = CheckState.Critical;
        Assign(One("a", InstanceState.Passing));
        _refuse = static _ => new ConcordServerException(StatusCode.PermissionDenied, new() { Code = "permission_denied", Message = "no" }, null);
        await UntilAsync(() => _tried >= 2);
        _refuse = static _ => null;
        await UntilAsync(() => !_told.IsEmpty);
        await LooksAsync("a", 3);
        Assert.Equal(["a Critical found Critical"], _told);
    }

    [Fact]
    public async Task What_is_not_assigned_any_more_is_not_looked_at()
    {
        _targets["a"] = _targets["b"] = _targets["c"] = CheckState.Passing;
        Assign(One("a"), One("b"), One("c"));
        await LooksAsync("a", 2);
        await LooksAsync("b", 2);
        await LooksAsync("c", 2);
        _checker.Apply(new() { Removed = { new WatchChecksResponse.Types.Removed { Service = "web", Id = "a" } } });
        _checker.Apply(new() { Full = true, Set = { One("b", InstanceState.Passing) } });
        Assert.Equal(1, _checker.Table.Count);

        var (a, c) = (_looks["a"], _looks["c"]);
        await LooksAsync("b", 5);
        Assert.Equal((a, c), (_looks["a"], _looks["c"]));
    }

    [Fact]
    public async Task Another_registration_of_an_id_is_another_count_and_one_that_drains_is_left_alone()
    {
        _targets["a"] = CheckState.Critical;
        Assign(One("a", InstanceState.Passing));
        await LooksAsync("a", 4);
        Assign(One("a", InstanceState.Passing, generation: 2));
        await LooksAsync("a", 4);
        Assert.Empty(_told);

        Assign(One("a", InstanceState.Draining, generation: 2, revision: 7));
        await LooksAsync("a", Failures);
        Assert.Empty(_told);

        // A late word of before changes nothing; a later one does.
        Assign(One("a", InstanceState.Passing, generation: 2, revision: 6));
        await LooksAsync("a", 2);
        Assert.Empty(_told);
        Assign(One("a", InstanceState.Passing, generation: 2, revision: 8));
        await UntilAsync(() => _told.Count == 1);
    }

    [Fact]
    public async Task A_host_that_fails_as_a_whole_does_not_call_the_servers_all_at_once()
    {
        var ids = Enumerable.Range(0, 60).Select(static n => $"i{n}").ToList();
        ids.ForEach(id => _targets[id] = CheckState.Critical);
        _hold = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Assign([.. ids.Select(static id => One(id, InstanceState.Passing))]);
        await UntilAsync(() => _checker.Table.Due().Count == 60);
        _hold.SetResult();
        await UntilAsync(() => _told.Count == 60);
        Assert.InRange(_underWayMost, 1, 16);
        Assert.Equal(60, _told.Distinct().Count());
    }

    [Fact]
    public void There_are_not_more_instances_than_a_host_has()
    {
        var table = new CheckTable();
        var list = new WatchChecksResponse { Full = true, Set = { Enumerable.Range(0, CheckTable.InstancesMax + 3).Select(static n => One($"i{n}")) } };
        Assert.Equal(CheckTable.InstancesMax, table.Apply(list).Begun.Count);
        Assert.Equal((CheckTable.InstancesMax, 3), (table.Count, table.Beyond));

        // The same again begins nothing and ends nothing.
        var (begun, ended) = table.Apply(list);
        Assert.Equal((0, 0, 3), (begun.Count, ended.Count, table.Beyond));
        Assert.Equal(CheckTable.InstancesMax, table.Full().Set.Count);
    }

    private static AssignedCheck One(string id, InstanceState state = InstanceState.Starting, long generation = 1, long revision = 1) => new()
    {
        Service = "web",
        Id = id,
        Generation = generation,
        Revision = revision,
        State = state,
        Check = new() { Tcp = new() { Address = $"{id}:1" }, IntervalMs = 1000, TimeoutMs = 1000, SuccessesBeforePassing = 2, FailuresBeforeCritical = Failures },
    };

    private void Assign(params AssignedCheck[] set) => _checker.Apply(new() { Set = { set } });

    private Task<ProbeResult> LookAsync(AssignedCheck one, CheckSpec check, CancellationToken stop)
    {
        Assert.Equal($"{one.Id}:1", check.Target);
        _looks.AddOrUpdate(one.Id, 1, static (_, count) => count + 1);
        return Task.FromResult(_targets[one.Id] is var state && state == CheckState.Passing ? ProbeResult.Passing : new ProbeResult(state, $"found {state}"));
    }

    private async Task<ReportCheckResponse> SendAsync(ReportCheckRequest report, CancellationToken stop)
    {
        Interlocked.Increment(ref _tried);
        lock (_told)
        {
            _underWayMost = Math.Max(_underWayMost, ++_underWay);
        }

        await (_hold?.Task ?? Task.CompletedTask).WaitAsync(stop);
        lock (_told)
        {
            _underWay--;
        }

        if (_refuse(report) is { } refusal)
        {
            throw refusal;
        }

        _told.Enqueue($"{report.Id} {report.State} {report.Reason}");
        return new() { Changed = true, Revision = 1 };
    }

    /// <summary>So many more looks, and what they found is told if it is to be.</summary>
    private async Task LooksAsync(string id, int count, bool isTold = true)
    {
        var end = _looks.GetValueOrDefault(id) + count;
        await UntilAsync(() => _looks.GetValueOrDefault(id) >= end);
        if (isTold)
        {
            await UntilAsync(() => _checker.Table.Due().Count == 0);
        }
    }

    private Task UntilAsync(Func<bool> condition) => Wait.UntilAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(200));
            return condition();
        },
        "the agent has looked");
}
