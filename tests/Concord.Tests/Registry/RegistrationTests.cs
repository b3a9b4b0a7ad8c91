using Concord.Server.Registry;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Planning;

namespace Concord.Tests.Registry;

public sealed class RegistrationTests : IAsyncDisposable
{
    private readonly RegistryCentre _centre = new();

    public ValueTask DisposeAsync() => _centre.DisposeAsync();

    [Fact]
    public async Task An_instance_is_there_as_it_was_registered()
    {
        var registered = await _centre.RegisterAsync("orders", "a", zone: "eu-1", version: "2.1", tags: ["blue"]);

        var found = _centre.Find("orders", "a")!;
        Assert.Equal((registered.Generation, InstanceState.Passing, "eu-1", "2.1"), (found.Record.Generation, found.State, found.Record.Zone, found.Record.Version));
        Assert.Equal(["blue"], found.Record.Tags);
        Assert.Equal("http://10.0.0.1:8080", found.Record.Endpoints[0].Url);
        Assert.False(found.IsExpired);
        Assert.Equal(10, registered.TtlSeconds);
    }

    [Fact]
    public async Task Generations_grow_also_over_a_deregistration()
    {
        var first = await _centre.RegisterAsync("orders", "a");
        var second = await _centre.RegisterAsync("orders", "a");
        await _centre.Desk.DeregisterAsync("orders", "a", second.Generation, default);
        var third = await _centre.RegisterAsync("orders", "a");

        Assert.True(first.Generation < second.Generation && second.Generation < third.Generation, $"{first} {second} {third}");
    }

    [Fact]
    public async Task Two_that_register_at_once_get_different_generations()
    {
        Registered? other = null;
        _centre.BeforeApply = () => { };
        var first = await _centre.RegisterAsync("orders", "a");

        // The second plan is made, and before it is written a third one is.
        var registration = RegistryCentre.Instance("orders", "a", persistent: true);
        _centre.BeforeApply = () => other = _centre.Desk.RegisterAsync(registration, 0, 0, default).GetAwaiter().GetResult();
        var late = await _centre.Desk.RegisterAsync(registration, 0, 0, default);

        Assert.True(first.Generation < other!.Generation && other.Generation < late.Generation);
        Assert.Equal(late.Generation, _centre.Find("orders", "a")!.Record.Generation);
    }

    [Fact]
    public async Task A_zombie_cannot_renew_report_or_deregister_its_successor()
    {
        var zombie = await _centre.RegisterAsync("orders", "a");
        var successor = await _centre.RegisterAsync("orders", "a");

        foreach (var call in (Func<Task>[])[
            () => _centre.Desk.RenewAsync("orders", "a", zombie.Generation, default),
            () => _centre.Desk.SetStateAsync("orders", "a", zombie.Generation, InstanceState.Critical, "", default),
            () => _centre.Desk.DeregisterAsync("orders", "a", zombie.Generation, default),
            () => _centre.Desk.RegisterAsync(RegistryCentre.Instance("orders", "a"), zombie.Generation, 10, default),
        ])
        {
            var error = (await Assert.ThrowsAsync<RegistryException>(call)).Error;
            Assert.Equal((RegistryErrorCode.Superseded, "generation"), (error.Code, error.Field));
        }

        Assert.Equal((successor.Generation, InstanceState.Passing), (_centre.Find("orders", "a")!.Record.Generation, _centre.Find("orders", "a")!.State));
    }

    [Fact]
    public async Task A_renewal_after_the_time_is_over_is_refused_and_the_same_generation_takes_the_instance_up()
    {
        var registered = await _centre.RegisterAsync("orders", "a");
        Assert.Equal(10, await _centre.Desk.RenewAsync("orders", "a", registered.Generation, default));
        _centre.EndLeases("orders", "a");

        var error = await Assert.ThrowsAsync<RegistryException>(() => _centre.Desk.RenewAsync("orders", "a", registered.Generation, default));
        Assert.Equal(RegistryErrorCode.Expired, error.Error.Code);

        var again = await _centre.Desk.RegisterAsync(RegistryCentre.Instance("orders", "a"), registered.Generation, 10, default);
        Assert.Equal(registered.Generation, again.Generation);
        Assert.False(_centre.Find("orders", "a")!.IsExpired);
    }

    [Fact]
    public async Task Nothing_leaves_a_lease_behind_when_it_is_refused()
    {
        await _centre.RegisterAsync("orders", "a");
        var leases = _centre.View.Leases().Count;

        await Assert.ThrowsAsync<RegistryException>(() => _centre.Desk.RegisterAsync(RegistryCentre.Instance("orders", "b"), 77, 10, default));

        Assert.Equal(leases, _centre.View.Leases().Count);
    }

    [Fact]
    public async Task A_lost_connection_makes_critical_unless_another_stream_took_the_instance_up()
    {
        var (one, two) = (await _centre.Store.GrantAsync(10, default), await _centre.Store.GrantAsync(10, default));
        var instance = RegistryCentre.Instance("orders", "a");
        var registered = await _centre.Desk.RegisterAsync(instance, 0, one, 10, default);

        await _centre.Desk.LoseAsync("orders", "a", registered.Generation, one, "lost", default);
        Assert.Equal((InstanceState.Critical, "lost"), (_centre.Find("orders", "a")!.State, _centre.Find("orders", "a")!.Reason));

        await _centre.Desk.RegisterAsync(instance, registered.Generation, two, 10, default);
        Assert.Equal(InstanceState.Passing, _centre.Find("orders", "a")!.State);

        // The first stream's server notices only now that the connection is gone.
        Assert.Null(await _centre.Desk.LoseAsync("orders", "a", registered.Generation, one, "lost", default));
        Assert.Equal(InstanceState.Passing, _centre.Find("orders", "a")!.State);
    }

    [Fact]
    public async Task Maintenance_goes_over_the_state_and_outlives_a_registration()
    {
        await _centre.RegisterAsync("orders", "a");
        await _centre.Desk.MaintainAsync("orders", "a", true, "new disk", "ann", default);
        await _centre.RegisterAsync("orders", "a");
        var registered = await _centre.RegisterAsync("orders", "a");
        await _centre.Desk.SetStateAsync("orders", "a", registered.Generation, InstanceState.Warning, "slow", default);

        Assert.Equal((InstanceState.Maintenance, "new disk"), (_centre.Find("orders", "a")!.State, _centre.Find("orders", "a")!.Reason));
        Assert.Null(await _centre.Desk.MaintainAsync("orders", "a", true, "new disk", "bob", default));

        Assert.NotNull(await _centre.Desk.MaintainAsync("orders", "a", false, "", "ann", default));
        Assert.Equal((InstanceState.Warning, "slow"), (_centre.Find("orders", "a")!.State, _centre.Find("orders", "a")!.Reason));
    }

    [Fact]
    public async Task A_zone_in_maintenance_takes_its_instances_with_it()
    {
        await _centre.RegisterAsync("orders", "a", zone: "eu-1");
        await _centre.RegisterAsync("orders", "b", zone: "eu-2");
        await _centre.Desk.MaintainZoneAsync("eu-1", true, "power", "ann", default);

        Assert.Equal("a", _centre.Ids(RegistryCentre.Query("orders", states: InstanceState.Maintenance)));
        Assert.Equal("b", _centre.Ids(RegistryCentre.Query("orders", healthy: true)));

        await _centre.Desk.MaintainZoneAsync("eu-1", false, "", "ann", default);
        Assert.Equal("a b", _centre.Ids(RegistryCentre.Query("orders", healthy: true)));
    }

    [Fact]
    public async Task Queries_take_all_their_conditions_together()
    {
        await _centre.RegisterAsync("orders", "a", "eu-1", "1", tags: ["blue", "fast"]);
        await _centre.RegisterAsync("orders", "b", "eu-1", "2", tags: ["blue"]);
        await _centre.RegisterAsync("orders", "c", "eu-2", "2", InstanceState.Critical);
        await _centre.RegisterAsync("orders-api", "d", "eu-1", "2", tags: ["blue"]);

        Assert.Equal("a b", _centre.Ids(RegistryCentre.Query("orders", tag: "blue")));
        Assert.Equal("b", _centre.Ids(RegistryCentre.Query("orders", zone: "eu-1", version: "2")));
        Assert.Equal("a b c d", _centre.Ids(RegistryCentre.Query(prefix: "orders")));
        Assert.Equal("a b d", _centre.Ids(RegistryCentre.Query(tag: "blue")));
        Assert.Equal("c", _centre.Ids(RegistryCentre.Query("orders", states: InstanceState.Critical)));

        // A service whose name begins like another one's is another one.
        Assert.Equal("a b c", _centre.Ids(RegistryCentre.Query("orders")));
    }

    [Fact]
    public async Task When_too_few_are_healthy_all_are_given_and_that_is_said()
    {
        foreach (var id in (string[])["a", "b", "c", "d"])
        {
            await _centre.RegisterAsync("orders", id, state: id == "a" ? InstanceState.Passing : InstanceState.Critical);
        }

        // 25 % are healthy, and 30 % is the usual threshold.
        var found = _centre.Resolve(RegistryCentre.Query("orders", healthy: true));
        Assert.Equal(4, found.Instances.Count);
        Assert.True(found.Services[0].IsPanic);

        await _centre.Desk.ConfigureAsync("orders", 25, default);
        found = _centre.Resolve(RegistryCentre.Query("orders", healthy: true));
        Assert.Equal("a", Assert.Single(found.Instances).Id);
        Assert.False(found.Services[0].IsPanic);

        // What drains or is in maintenance was not meant to serve, so it does not count as missing.
        await _centre.Desk.SetStateAsync("orders", "d", 0, InstanceState.Draining, "", default);
        await _centre.Desk.ConfigureAsync("orders", 33, default);
        Assert.Equal("a", _centre.Ids(RegistryCentre.Query("orders", healthy: true)));
    }

    [Fact]
    public void What_cannot_be_registered_is_named_with_a_remedy()
    {
        foreach (var (call, field) in ((Action, string)[])[
            (() => RegistryNames.Service("Or ders", "service"), "service"),
            (() => RegistryNames.Id("a/b", "id"), "id"),
            (() => RegistryNames.Id("", "id"), "id"),
            (() => InstanceEndpoint.From("", "http", "0.0.0.0", 80, "endpoints[0]"), "endpoints[0].host"),
            (() => InstanceEndpoint.From("", "http", "a", 0, "endpoints[0]"), "endpoints[0].port"),
            (() => InstanceStates.Said(InstanceState.Maintenance, "state"), "state"),
            (() => Registration.CheckTags([.. Enumerable.Range(0, 33).Select(n => $"t{n}")], "tags"), "tags"),
            (() => Registration.CheckMetadata([new("k", "a\nb")], "metadata"), "metadata.k"),
            (() => InstanceQuery.From("a", "b", [], "", "", [], false, ""), "prefix"),
            (() => HealthCheck.From(HealthCheckKind.Http, "ftp://x", "", "", 0, 0, 0, 0, 0, [], "check"), "check.http.url"),
            (() => HealthCheck.From(HealthCheckKind.Tcp, "", "", "", 0, 0, 0, 0, 0, [], "check"), "check"),
            (() => HealthCheck.From(HealthCheckKind.Tcp, "a:1", "", "", 0, 5, 0, 0, 0, [], "check"), "check.interval_ms"),
        ])
        {
            var error = Assert.Throws<RegistryException>(call).Error;
            Assert.Equal(field, error.Field);
            Assert.NotEmpty(error.Remedy);
        }
    }

    [Fact]
    public async Task A_ttl_check_is_passing_from_its_first_renewal_on()
    {
        var check = HealthCheck.From(HealthCheckKind.Ttl, "", "", "", 5, 0, 0, 0, 0, [], "check");
        var registered = await _centre.Desk.RegisterAsync(RegistryCentre.Instance("batch", "n", state: InstanceState.Starting, persistent: true, check: check), 0, 0, default);
        Assert.Equal(5, registered.TtlSeconds);

        Assert.Equal(5, await _centre.Desk.RenewAsync("batch", "n", registered.Generation, default));
        Assert.Equal(InstanceState.Passing, _centre.Find("batch", "n")!.State);

        _centre.EndLeases("batch", "n");
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Equal(InstanceState.Critical, _centre.Find("batch", "n")!.State);

        // It is persistent: it stays, and comes back with its next renewal.
        _centre.Time.Advance(TimeSpan.FromMinutes(5));
        await _centre.Sweeper.RunOnceAsync(default);
        await _centre.Desk.RenewAsync("batch", "n", registered.Generation, default);
        Assert.Equal(InstanceState.Passing, _centre.Find("batch", "n")!.State);
    }

    [Fact]
    public void A_check_says_nothing_about_an_instance_that_drains()
    {
        var state = _centre.Store.State();
        Assert.Null(RegistryPlanner.CheckResult(state, "orders", "a", 1, InstanceState.Critical, "", 0));
    }
}
