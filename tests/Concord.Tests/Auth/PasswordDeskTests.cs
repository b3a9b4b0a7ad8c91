using Concord.Mvcc.Auth;
using Concord.Server.Auth;
using Concord.Tests.Mvcc.Access;
using Microsoft.Extensions.Time.Testing;

namespace Concord.Tests.Auth;

public sealed class PasswordDeskTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly AuthStore _store = new();

    [Fact]
    public async Task Many_callers_with_one_password_cost_one_check()
    {
        using var desk = new PasswordDesk(PasswordHashes.CostMin, _time);
        var alice = User("alice", "secret");
        var answers = await Task.WhenAll(Enumerable.Range(0, 5_000).Select(_ => desk.VerifyAsync(alice, "secret").AsTask()));
        Assert.All(answers, Assert.True);
        Assert.Equal(1, desk.Computed);
    }

    [Fact]
    public async Task Wrong_passwords_are_checked_each_time_and_never_good()
    {
        using var desk = new PasswordDesk(PasswordHashes.CostMin, _time);
        var alice = User("alice", "secret");
        Assert.False(await desk.VerifyAsync(alice, "wrong"));
        Assert.False(await desk.VerifyAsync(alice, "wrong"));
        Assert.Equal(2, desk.Computed);
        Assert.True(await desk.VerifyAsync(alice, "secret"));
        Assert.False(await desk.VerifyAsync(alice, "secret\0"));
        Assert.False(await desk.VerifyAsync(null, "secret"));
        Assert.Equal(5, desk.Computed);
    }

    [Fact]
    public async Task What_was_good_is_not_for_another_hash_and_not_for_ever()
    {
        using var desk = new PasswordDesk(PasswordHashes.CostMin, _time);
        Assert.True(await desk.VerifyAsync(User("alice", "secret"), "secret"));
        Assert.False(await desk.VerifyAsync(User("bob", "other"), "secret"));
        Assert.True(await desk.VerifyAsync(_store.Auth.User("alice"), "secret"));
        Assert.Equal(2, desk.Computed);
        _time.Advance(TimeSpan.FromMinutes(21));
        Assert.True(await desk.VerifyAsync(_store.Auth.User("alice"), "secret"));
        Assert.Equal(3, desk.Computed);
    }

    [Fact]
    public async Task More_than_can_be_waited_for_is_refused_and_the_rest_is_answered()
    {
        using var desk = new PasswordDesk(PasswordHashes.CostMin, _time);
        var alice = User("alice", "secret");
        var calls = Enumerable.Range(0, 200 * Environment.ProcessorCount + 2_000).Select(i => desk.VerifyAsync(alice, $"wrong {i}").AsTask()).ToList();
        var outcomes = await Task.WhenAll(calls.Select(async call =>
        {
            try
            {
                return (bool?)await call;
            }
            catch (PasswordDeskFullException)
            {
                return null;
            }
        }));
        Assert.Contains(outcomes, outcome => outcome is null);
        Assert.Contains(outcomes, outcome => outcome == false);
        Assert.DoesNotContain(outcomes, outcome => outcome == true);
        Assert.True(await desk.VerifyAsync(alice, "secret"));
    }

    private AuthUser User(string name, string password)
    {
        _store.Ok(new AddUser(name, PasswordHashes.Hash(password, PasswordHashes.CostMin), HasNoPassword: false));
        return _store.Auth.User(name)!;
    }
}
