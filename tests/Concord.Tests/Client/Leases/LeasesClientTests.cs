using Concord.Client;
using Concord.Tests.Etcd;

namespace Concord.Tests.Client.Leases;

/// <summary>Against a whole server.</summary>
public sealed class LeasesClientTests(EtcdServer server) : IClassFixture<EtcdServer>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_lives_by_its_lease()
    {
        await using var client = new ConcordClient(TestClients.Options(new Uri(server.Url)));
        var lease = await client.Leases.GrantAsync(TimeSpan.FromSeconds(29.5), Stop);
        await client.Kv.PutAsync("leased/a", "1", new() { Lease = lease.Id }, Stop);

        var status = await client.Leases.GetAsync(lease.Id, withKeys: true, Stop);
        Assert.Equal((TimeSpan.FromSeconds(30), "leased/a"), (status!.Granted, Assert.Single(status.Keys).ToString()));
        Assert.Contains(lease.Id, await client.Leases.ListAsync(Stop));

        await lease.DisposeAsync();
        Assert.Null(await client.Kv.GetAsync("leased/a", cancellationToken: Stop));
        Assert.Null(await client.Leases.GetAsync(lease.Id, cancellationToken: Stop));
        Assert.False(await client.Leases.RevokeAsync(lease.Id, Stop));
    }

    /// <summary>The shortest lease there is, revoked by somebody else: its next renewal tells.</summary>
    [Fact]
    public async Task A_lease_that_somebody_revokes_is_lost()
    {
        await using var client = new ConcordClient(TestClients.Options(new Uri(server.Url)));
        await using var lease = await client.Leases.GrantAsync(TimeSpan.FromSeconds(1), Stop);
        var lost = new TaskCompletionSource();
        lease.Lost.Register(lost.SetResult);

        Assert.True(await client.Leases.RevokeAsync(lease.Id, Stop));

        await lost.Task.WaitAsync(Wait.Bound, Stop);
        Assert.Equal("lease_ended", Assert.IsType<ConcordServerException>(lease.LostReason).Code);
    }

    [Fact]
    public async Task A_time_to_live_must_be_positive()
    {
        await using var client = new ConcordClient(TestClients.Options(new Uri(server.Url)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.Leases.GrantAsync(TimeSpan.Zero, Stop));
    }
}
