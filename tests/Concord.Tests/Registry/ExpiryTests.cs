using Concord.Server.Registry.Expiry;
using Concord.Server.Registry.Model;

namespace Concord.Tests.Registry;

public sealed class ExpiryTests : IAsyncDisposable
{
    private static readonly ExpiryRules Rules = new(20);

    private readonly RegistryCentre _centre = new(Rules);

    public ValueTask DisposeAsync() => _centre.DisposeAsync();

    [Fact]
    public async Task One_that_gives_no_sign_of_life_is_critical_first_and_gone_later()
    {
        await RegisterAsync(5);
        _centre.EndLeases("orders", "i0");
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Equal(InstanceState.Critical, _centre.Find("orders", "i0")!.State);

        _centre.Time.Advance(Rules.RemoveAfter - TimeSpan.FromSeconds(1));
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.NotNull(_centre.Find("orders", "i0"));

        _centre.Time.Advance(TimeSpan.FromSeconds(1));
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Null(_centre.Find("orders", "i0"));
        Assert.Equal(4, _centre.Resolve(RegistryCentre.Query("orders")).Instances.Count);
    }

    [Fact]
    public async Task One_that_was_critical_already_goes_at_once_when_its_time_is_over()
    {
        await RegisterAsync(5);
        await _centre.Desk.SetStateAsync("orders", "i0", 0, InstanceState.Critical, "its connection broke", default);
        _centre.EndLeases("orders", "i0");
        await _centre.Sweeper.RunOnceAsync(default);

        Assert.Null(_centre.Find("orders", "i0"));
    }

    [Fact]
    public async Task Those_that_drain_go_without_limit()
    {
        await RegisterAsync(5);
        foreach (var id in (string[])["i0", "i1", "i2"])
        {
            await _centre.Desk.SetStateAsync("orders", id, 0, InstanceState.Draining, "", default);
        }

        _centre.EndLeases("orders", "i0", "i1", "i2");
        await _centre.Sweeper.RunOnceAsync(default);

        Assert.Equal("i3 i4", _centre.Ids(RegistryCentre.Query("orders")));
    }

    [Fact]
    public async Task Not_more_than_the_share_goes_at_once_and_the_others_are_marked()
    {
        await RegisterAsync(10);
        _centre.EndLeases("orders", [.. Enumerable.Range(0, 10).Select(n => $"i{n}")]);
        await _centre.Sweeper.RunOnceAsync(default);

        // 20 % of ten.
        var found = _centre.Resolve(RegistryCentre.Query("orders"));
        Assert.Equal((2, 8), (found.Instances.Count(one => one.State == InstanceState.Critical), found.Services[0].Held));
        Assert.Equal(8, found.Instances.Count(one => one.IsHeld));

        // No more in this interval, however often it is looked.
        _centre.Time.Advance(Rules.Interval - TimeSpan.FromSeconds(1));
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Equal(8, _centre.Resolve(RegistryCentre.Query("orders")).Services[0].Held);

        _centre.Time.Advance(TimeSpan.FromSeconds(1));
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Equal(6, _centre.Resolve(RegistryCentre.Query("orders")).Services[0].Held);
    }

    [Fact]
    public async Task Held_ones_that_come_back_were_never_gone()
    {
        await RegisterAsync(10);
        _centre.EndLeases("orders", [.. Enumerable.Range(0, 10).Select(n => $"i{n}")]);
        await _centre.Sweeper.RunOnceAsync(default);
        foreach (var one in _centre.Resolve(RegistryCentre.Query("orders")).Instances)
        {
            await _centre.Desk.RegisterAsync(RegistryCentre.Instance("orders", one.Id), one.Record.Generation, 10, default);
        }

        var found = _centre.Resolve(RegistryCentre.Query("orders"));
        Assert.Equal((10, 0), (found.Services[0].Healthy, found.Services[0].Held));
        _centre.Time.Advance(TimeSpan.FromHours(1));
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Equal(10, _centre.Resolve(RegistryCentre.Query("orders")).Services[0].Healthy);
    }

    [Fact]
    public async Task Only_the_member_that_leads_cleans_up_and_one_that_takes_over_finds_what_is_open()
    {
        await RegisterAsync(5);
        _centre.Leads = false;
        _centre.EndLeases("orders", "i0");
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Equal(InstanceState.Passing, _centre.Find("orders", "i0")!.State);

        _centre.Leads = true;
        await _centre.Sweeper.RunOnceAsync(default);
        Assert.Equal(InstanceState.Critical, _centre.Find("orders", "i0")!.State);
    }

    [Fact]
    public async Task One_that_comes_back_while_it_is_swept_stays()
    {
        await RegisterAsync(5);
        _centre.EndLeases("orders", "i0");
        var generation = _centre.Find("orders", "i0")!.Record.Generation;
        _centre.BeforeApply = () => _centre.Desk.RegisterAsync(RegistryCentre.Instance("orders", "i0"), generation, 10, default).GetAwaiter().GetResult();
        await _centre.Sweeper.RunOnceAsync(default);

        Assert.Equal(InstanceState.Passing, _centre.Find("orders", "i0")!.State);
    }

    private async Task RegisterAsync(int count)
    {
        for (var n = 0; n < count; n++)
        {
            await _centre.RegisterAsync("orders", $"i{n}");
        }
    }
}
