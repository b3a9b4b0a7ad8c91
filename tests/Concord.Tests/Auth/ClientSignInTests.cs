using Concord.Client;
using Concord.Client.Kv;
using Concord.Client.Users;
using Grpc.Core;

namespace Concord.Tests.Auth;

/// <summary>The client signs in by itself, and again.</summary>
public sealed class ClientSignInTests
{
    [Fact]
    public async Task Calls_go_on_when_the_token_is_void()
    {
        await using var server = await AuthServer.EnabledAsync();
        await using var root = server.Client("root", "root");
        await using var alice = server.Client("alice", "alice");
        await root.Users.GrantPermissionAsync("r", new(KeyAccess.ReadWrite, KeyRange.Single("a")));
        await alice.Kv.PutAsync("a", "1");

        // The same password anew: what was signed in is void, what signs in again is not.
        await root.Users.ChangePasswordAsync("alice", "alice");
        Assert.Equal("1", (await alice.Kv.GetAsync("a"))!.Value.ToString());
        await root.Users.ChangePasswordAsync("alice", "other");
        var error = await Assert.ThrowsAsync<ConcordServerException>(() => alice.Kv.GetAsync("a"));
        Assert.Equal("etcdserver: authentication failed, invalid user ID or password", error.Message);
    }

    [Fact]
    public async Task A_watch_goes_on_where_it_was_when_the_token_is_void()
    {
        await using var server = await AuthServer.EnabledAsync();
        await using var root = server.Client("root", "root");
        await using var alice = server.Client("alice", "alice");
        await root.Users.GrantPermissionAsync("r", new(KeyAccess.Read, KeyRange.Single("a")));
        await root.Kv.PutAsync("a", "1");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var watch = alice.Kv.WatchAsync(KeyRange.Single("a"), new() { StartRevision = 1 }, patience.Token).GetAsyncEnumerator(patience.Token);
        Assert.Equal("1", await NextAsync(watch));
        await root.Users.ChangePasswordAsync("alice", "alice");
        await root.Kv.PutAsync("a", "2");
        Assert.Equal("2", await NextAsync(watch));
    }

    [Fact]
    public async Task Credentials_wait_until_access_is_checked_and_nobody_is_told_so()
    {
        await using var server = await AuthServer.StartAsync();
        await using var root = server.Client("root", "root");
        await root.Kv.PutAsync("a", "1");
        await root.Users.AddUserAsync("root", "root");
        await root.Users.GrantRoleAsync("root", "root");
        await root.Users.EnableAsync();
        await root.Kv.PutAsync("a", "2");
        await using var nobody = new ConcordClient(server.Url);
        var error = await Assert.ThrowsAsync<ConcordServerException>(() => nobody.Kv.GetAsync("a"));
        Assert.Equal((StatusCode.InvalidArgument, "unauthenticated"), (error.Status, error.Code));
        await root.Users.DisableAsync();
        await nobody.Kv.GetAsync("a");
        await root.Kv.PutAsync("a", "3");
    }

    [Fact]
    public void A_password_is_not_printed()
    {
        var options = new ConcordClientOptions { Credentials = new("alice", "s3cret") };
        Assert.DoesNotContain("s3cret", options.ToString(), StringComparison.Ordinal);
        Assert.Equal(("a", "b:c"), (ConcordCredentials.Parse("a:b:c")!.User, ConcordCredentials.Parse("a:b:c")!.Password));
        Assert.Equal("p", ConcordCredentials.Parse("a", "p")!.Password);
        Assert.Null(ConcordCredentials.Parse(""));
        Assert.Throws<FormatException>(() => ConcordCredentials.Parse("a"));
        Assert.Throws<FormatException>(() => ConcordCredentials.Parse(":p"));
    }

    private static async Task<string> NextAsync(IAsyncEnumerator<KvWatchEvent> watch)
    {
        while (await watch.MoveNextAsync())
        {
            if (watch.Current is KvWatchEvent.Changed changed)
                return changed.Changes[^1].Current!.Value.ToString();
        }

        throw new InvalidOperationException("The watch ended.");
    }
}
