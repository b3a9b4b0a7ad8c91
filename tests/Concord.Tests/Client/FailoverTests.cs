using Concord.Client;
using Concord.Protocol.V1;
using Grpc.Core;

namespace Concord.Tests.Client;

public sealed class FailoverTests
{
    [Fact]
    public async Task A_call_goes_on_to_the_next_endpoint_when_the_first_is_dead_and_stays_there()
    {
        await using var server = await FakeConfigServer.StartAsync();
        await using var client = new ConcordClient(TestClients.Options(TestClients.Dead(), server.Endpoint));

        await client.Configs.ListApplicationsAsync(TestContext.Current.CancellationToken);

        Assert.Equal(server.Endpoint, client.CurrentEndpoint);
        Assert.Equal(1, server.ListCalls);
    }

    [Fact]
    public async Task When_nobody_answers_the_error_names_every_endpoint_and_is_transient()
    {
        var (first, second) = (TestClients.Dead(), TestClients.Dead());
        await using var client = new ConcordClient(TestClients.Options(first, second));

        var error = await Assert.ThrowsAsync<ConcordUnavailableException>(
            () => client.Configs.ListApplicationsAsync(TestContext.Current.CancellationToken));

        Assert.Contains(first.Authority, error.Message, StringComparison.Ordinal);
        Assert.Contains(second.Authority, error.Message, StringComparison.Ordinal);
        Assert.True(error.IsTransient);
        Assert.True(error.NothingSent);
    }

    [Fact]
    public async Task A_server_that_comes_back_is_used_at_once()
    {
        var server = await FakeConfigServer.StartAsync();
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint));
        await client.Configs.ListApplicationsAsync(TestContext.Current.CancellationToken);
        await server.DisposeAsync();
        await Assert.ThrowsAsync<ConcordUnavailableException>(
            () => client.Configs.ListApplicationsAsync(TestContext.Current.CancellationToken));

        await using var again = await FakeConfigServer.StartAsync(server.Endpoint.Port);
        await client.Configs.ListApplicationsAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, again.ListCalls);
    }

    [Fact]
    public async Task What_the_server_says_no_to_is_not_asked_elsewhere_and_carries_field_and_remedy()
    {
        await using var server = await FakeConfigServer.StartAsync();
        await using var other = await FakeConfigServer.StartAsync();
        server.FailCalls(StatusCode.FailedPrecondition, "no", new ErrorDetail
        {
            Code = "conflict",
            Message = "Release 7 is newer.",
            Field = "expected_release",
            Remedy = "Look at the difference.",
            ExpectedRelease = 6,
            ActualRelease = 7,
        });
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint, other.Endpoint));

        var error = await Assert.ThrowsAsync<ConcordServerException>(
            () => client.Configs.ListApplicationsAsync(TestContext.Current.CancellationToken));

        Assert.Equal(("conflict", "expected_release", "Look at the difference."), (error.Code, error.Field, error.Remedy));
        Assert.Equal("Release 7 is newer. Look at the difference.", error.Message);
        Assert.Equal(7, error.Detail.ActualRelease);
        Assert.False(error.IsTransient);
        Assert.Equal(0, other.ListCalls);
        Assert.Equal(server.Endpoint, client.CurrentEndpoint);
    }

    [Fact]
    public async Task A_read_goes_elsewhere_when_the_server_has_no_leader_and_so_do_those_after_it()
    {
        await using var server = await FakeConfigServer.StartAsync();
        await using var other = await FakeConfigServer.StartAsync();
        server.FailCalls(StatusCode.Unavailable, "no leader", detail: null);
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint, other.Endpoint));

        await client.Configs.ListApplicationsAsync(TestContext.Current.CancellationToken);
        await client.Configs.ListApplicationsAsync(TestContext.Current.CancellationToken);

        Assert.Equal((1, 2), (server.ListCalls, other.ListCalls));
    }

    [Fact]
    public async Task When_no_server_has_a_leader_two_rounds_are_enough_to_say_so()
    {
        await using var server = await FakeConfigServer.StartAsync();
        server.FailCalls(StatusCode.Unavailable, "no leader", detail: null);
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint));

        var error = await Assert.ThrowsAsync<ConcordServerException>(
            () => client.Configs.ListApplicationsAsync(TestContext.Current.CancellationToken));

        Assert.True(error.IsTransient);
        Assert.Equal(("Unavailable", 2), (error.Code, server.ListCalls));
    }

    [Fact]
    public async Task Giving_a_call_up_is_a_cancellation_not_an_outage()
    {
        await using var server = await FakeConfigServer.StartAsync();
        await using var client = new ConcordClient(TestClients.Options(server.Endpoint));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.Configs.ListApplicationsAsync(new CancellationToken(canceled: true)));
    }
}
