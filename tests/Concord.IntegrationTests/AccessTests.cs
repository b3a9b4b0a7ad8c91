using Concord.Client;
using Concord.Client.Kv;
using Concord.Client.Users;

namespace Concord.IntegrationTests;

/// <summary>Real processes that check access.</summary>
public sealed class AccessTests
{
    /// <summary>A token for a second: the client signs in again and again while members die.</summary>
    [Fact]
    public async Task A_client_works_on_while_tokens_run_out_and_members_die_and_rights_survive()
    {
        await using var cluster = await ClusterProcesses.StartAsync(3, "--auth-token-ttl", "1", "--bcrypt-cost", "4");
        await using (var nobody = Client(cluster, null))
        {
            await nobody.Users.AddUserAsync("root", "root");
            await nobody.Users.GrantRoleAsync("root", "root");
            await nobody.Users.AddUserAsync("app", "app");
            await nobody.Users.AddRoleAsync("app");
            await nobody.Users.GrantRoleAsync("app", "app");
            await nobody.Users.GrantPermissionAsync("app", new(KeyAccess.ReadWrite, KeyRange.Prefix("app/")));
            await nobody.Users.EnableAsync();
        }

        await using var client = Client(cluster, new("app", "app"));
        var last = 0;
        foreach (var victim in new[] { -1, 0, 1 })
        {
            if (victim >= 0)
            {
                await cluster.KillAsync(victim);
            }

            var until = DateTime.UtcNow.AddSeconds(3);
            while (DateTime.UtcNow < until)
            {
                await WriteAsync(client, ++last);
            }

            if (victim >= 0)
            {
                await cluster.StartAsync(victim);
            }
        }

        Assert.Equal($"{last}", (await client.Kv.GetAsync("app/counter"))!.Value.ToString());
        foreach (var address in cluster.Addresses)
        {
            await using var one = Client([new(address)], new("app", "app"));
            Assert.Equal($"{last}", (await one.Kv.GetAsync("app/counter"))!.Value.ToString());
            var denied = await Assert.ThrowsAsync<ConcordServerException>(() => one.Kv.GetAsync("other"));
            Assert.Equal(Grpc.Core.StatusCode.PermissionDenied, denied.Status);
            await using var nobody = Client([new(address)], null);
            await Assert.ThrowsAsync<ConcordServerException>(() => nobody.Kv.GetAsync("app/counter"));
        }
    }

    /// <summary>A write may fail while there is no leader; the next try finds one.</summary>
    private static async Task WriteAsync(ConcordClient client, int value)
    {
        var until = DateTime.UtcNow.AddSeconds(30);
        while (true)
        {
            try
            {
                await client.Kv.PutAsync("app/counter", $"{value}");
                return;
            }
            catch (ConcordException error) when (error.IsTransient && DateTime.UtcNow < until)
            {
            }
        }
    }

    private static ConcordClient Client(ClusterProcesses cluster, ConcordCredentials? credentials) => Client([.. cluster.Addresses.Select(address => new Uri(address))], credentials);

    private static ConcordClient Client(IReadOnlyList<Uri> endpoints, ConcordCredentials? credentials) =>
        new(new ConcordClientOptions { Endpoints = endpoints, Credentials = credentials });
}
