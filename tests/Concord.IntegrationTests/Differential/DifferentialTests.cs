using Concord.Protocol.Etcd;

namespace Concord.IntegrationTests.Differential;

/// <summary>
/// The same random requests to Concord and to Debian's etcd: every answer, error and sequence of watched events is the same,
/// save what docs/etcd-compatibility.md lists. CONCORD_LONG=1 runs more seeds; CONCORD_SEED=N that one alone.
/// </summary>
public sealed class DifferentialTests
{
    private const int Steps = 1500;
    private const int WatchesMax = 40;
    private const int AuthSteps = 400;

    public static TheoryData<int> Seeds => Environment.GetEnvironmentVariable("CONCORD_SEED") is { } seed
        ? [int.Parse(seed, System.Globalization.CultureInfo.InvariantCulture)]
        : [.. Enumerable.Range(1, Environment.GetEnvironmentVariable("CONCORD_LONG") == "1" ? 60 : 1)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Keys_leases_transactions_and_watches_answer_alike(int seed)
    {
        Assert.SkipWhen(EtcdProcess.Missing is not null, EtcdProcess.Missing ?? "");
        using var folder = new TemporaryFolder();
        await using var etcd = await EtcdProcess.StartAsync(folder["etcd"]);
        await using var concord = await ServerProcess.StartAsync(folder["concord"]);
        using var theirs = new ApiSide("etcd", etcd.Channel);
        using var ours = new ApiSide("concord", concord.Channel);
        var run = new DifferentialRun(seed, theirs, ours);
        for (var step = 1; step <= Steps; step++)
        {
            if (run.Dice.Chance(40) && run.WatchCount < WatchesMax)
            {
                await run.WatchAsync();
            }
            else if (run.Dice.Chance(100))
            {
                await run.CancelWatchAsync();
            }

            await run.StepAsync();
        }

        await run.CompareWatchesAsync();
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Users_roles_and_rights_answer_alike(int seed)
    {
        Assert.SkipWhen(EtcdProcess.Missing is not null, EtcdProcess.Missing ?? "");
        using var folder = new TemporaryFolder();
        await using var etcd = await EtcdProcess.StartAsync(folder["etcd"], "--bcrypt-cost", "4");
        await using var concord = await ServerProcess.StartAsync(folder["concord"], 0, "--bcrypt-cost", "4");
        using var theirs = new ApiSide("etcd", etcd.Channel);
        using var ours = new ApiSide("concord", concord.Channel);
        var run = new DifferentialRun(seed, theirs, ours);
        var dice = new AuthDice(seed);
        for (var step = 1; step <= AuthSteps; step++)
        {
            await run.StepAsync(dice.Chance(4) ? run.Dice.NextGuarded() : dice.Next(), "", null);
        }

        // However it came out, root can be turned on now.
        await run.StepAsync(new AuthUserAddRequest { Name = AuthDice.Root, Password = "secret" }, "", null);
        await run.StepAsync(new AuthUserChangePasswordRequest { Name = AuthDice.Root, Password = "secret" }, "", null);
        await run.StepAsync(new AuthRoleAddRequest { Name = AuthDice.Root }, "", null);
        await run.StepAsync(new AuthUserGrantRoleRequest { User = AuthDice.Root, Role = AuthDice.Root }, "", null);
        await run.StepAsync(new AuthEnableRequest(), "", null);
        await run.StepAsync(new AuthUserListRequest(), AuthDice.Root, "secret");
        for (var step = 1; step <= AuthSteps; step++)
        {
            var user = dice.Chance(3) ? AuthDice.Root : dice.User();
            var request = dice.Chance(2) ? run.Dice.NextGuarded() : dice.Next();
            await run.StepAsync(request, dice.Chance(20) ? "" : user, dice.Chance(4) ? dice.Password() : null);
        }
    }
}
