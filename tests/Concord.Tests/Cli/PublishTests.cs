using Concord.Protocol.V1;
using Grpc.Core;
using static Concord.Tests.Cli.Messages;

namespace Concord.Tests.Cli;

public sealed class PublishTests : CliTests
{
    private static PublishResponse Answer(bool dryRun = false) => new()
    {
        Release = 13,
        Revision = dryRun ? 0 : 57,
        DryRun = dryRun,
        Changes =
        {
            Changed("orders/prod", "discount", "10", "15"),
            Added("billing/prod", "currency", "EUR"),
        },
        TextOnly = { Id("billing/prod/notes") },
    };

    [Fact]
    public async Task Publish_prints_exactly_what_changed()
    {
        Server.Configs.On<PublishRequest>(_ => Answer());

        var run = await RunAsync("config", "publish", "orders/prod", "billing/prod/application", "-m", "New prices", "--expect", "12");

        Assert.Equal(0, run.ExitCode);
        Printed(
            """
            Release 13 is published.  revision 57
            orders/prod/application
              ~ discount  10 → 15
            billing/prod/application
              + currency  EUR
            billing/prod/notes  only the text differs: comments, order or spacing
            1 added, 1 changed, 1 in text only
            """,
            run);
        Assert.Equal(
            new PublishRequest
            {
                Targets =
                {
                    new Target { Application = "orders", Environment = "prod", ExpectedRelease = 12 },
                    new Target { Application = "billing", Environment = "prod", Name = "application", ExpectedRelease = 12 },
                },
                Author = "ada@desk",
                Message = "New prices",
            },
            Server.Configs.Last<PublishRequest>());
    }

    [Fact]
    public async Task Without_expect_nothing_is_expected()
    {
        Server.Configs.On<PublishRequest>(_ => Answer());

        await RunAsync("config", "publish", "orders/prod@zone=eu", "-m", "x");

        var target = Server.Configs.Last<PublishRequest>().Targets.Single();
        Assert.False(target.HasExpectedRelease);
        Assert.Equal(("application", "eu"), (target.Name, target.Selector["zone"]));
    }

    [Fact]
    public async Task A_dry_run_needs_no_message_and_says_that_nothing_is_written()
    {
        Server.Configs.On<PublishRequest>(request => Answer(request.DryRun));

        var run = await RunAsync("config", "publish", "orders/prod", "--dry-run");

        Assert.StartsWith("Dry run: nothing is written. It would be release 13.\n", run.Out, StringComparison.Ordinal);
        Assert.True(Server.Configs.Last<PublishRequest>().DryRun);
    }

    [Fact]
    public async Task Json_names_the_release_and_every_change()
    {
        Server.Configs.On<PublishRequest>(_ => Answer());

        Printed(
            """
            {
              "release": 13,
              "revision": 57,
              "dryRun": false,
              "changes": [
                {
                  "path": "orders/prod/application",
                  "key": "discount",
                  "kind": "changed",
                  "oldValue": "10",
                  "newValue": "15"
                },
                {
                  "path": "billing/prod/application",
                  "key": "currency",
                  "kind": "added",
                  "newValue": "EUR"
                }
              ],
              "textOnly": [
                "billing/prod/notes"
              ]
            }
            """,
            await RunAsync("config", "publish", "orders/prod", "-m", "x", "-o", "json"));
    }

    [Fact]
    public async Task A_conflict_shows_both_sides_and_ends_with_3()
    {
        Server.Configs.On<PublishRequest>(_ => throw Conflict());

        var run = await RunAsync("config", "publish", "orders/prod", "-m", "x", "--expect", "11");

        Assert.Equal(3, run.ExitCode);
        Assert.Equal("", run.Out);
        Assert.Equal(
            """
            error: orders/prod is at release 12.
              configuration: orders/prod/application
              expected release: 11, newest release: 12
              remedy: Look at release 12, then publish again with --expect 12.

            """,
            run.Error);
    }

    [Fact]
    public async Task A_conflict_as_json_goes_to_standard_error()
    {
        Server.Configs.On<PublishRequest>(_ => throw Conflict());

        var run = await RunAsync("config", "publish", "orders/prod", "-m", "x", "--expect", "11", "-o", "json");

        Assert.Equal((3, ""), (run.ExitCode, run.Out));
        Assert.Equal(
            """
            {
              "error": {
                "code": "conflict",
                "message": "orders/prod is at release 12.",
                "exitCode": 3,
                "remedy": "Look at release 12, then publish again with --expect 12.",
                "expectedRelease": 11,
                "actualRelease": 12,
                "path": "orders/prod/application"
              }
            }

            """,
            run.Error);
    }

    [Theory]
    [InlineData(StatusCode.NotFound, 4)]
    [InlineData(StatusCode.InvalidArgument, 2)]
    [InlineData(StatusCode.Aborted, 3)]
    [InlineData(StatusCode.PermissionDenied, 6)]
    [InlineData(StatusCode.Unauthenticated, 6)]
    [InlineData(StatusCode.Unavailable, 5)]
    [InlineData(StatusCode.ResourceExhausted, 5)]
    [InlineData(StatusCode.FailedPrecondition, 1)]
    [InlineData(StatusCode.Unimplemented, 1)]
    public async Task The_exit_code_follows_from_the_answer(StatusCode status, int exitCode)
    {
        Server.Configs.On<PublishRequest>(_ => throw FakeConcord.Refusal(status, new() { Code = "some_code", Message = "No." }));

        var run = await RunAsync("config", "publish", "orders/prod", "-m", "x");

        Assert.Equal(exitCode, run.ExitCode);
        Assert.StartsWith("error: No.\n", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing_to_publish", 1)]
    [InlineData("unresolved_reference", 2)]
    [InlineData("unknown_import", 2)]
    [InlineData("cannot_edit", 2)]
    public async Task What_is_written_wrongly_is_told_from_what_only_fails_now(string code, int exitCode)
    {
        Server.Configs.On<PublishRequest>(_ => throw FakeConcord.Refusal(StatusCode.FailedPrecondition, new() { Code = code, Message = "No." }));

        Assert.Equal(exitCode, (await RunAsync("config", "publish", "orders/prod", "-m", "x")).ExitCode);
    }

    [Fact]
    public async Task Rollback_says_where_it_went_back_to()
    {
        Server.Configs.On<RollbackRequest>(_ => new PublishResponse
        {
            Release = 14,
            Revision = 60,
            Changes = { Changed("orders/prod", "discount", "15", "10") },
        });

        var run = await RunAsync("config", "rollback", "orders/prod", "--to", "11", "-m", "Too cheap");

        Printed(
            """
            Release 14 is published: back to what release 11 left.  revision 60
            orders/prod/application
              ~ discount  15 → 10
            1 changed
            """,
            run);
        Assert.Equal(
            new RollbackRequest
            {
                ToRelease = 11,
                Targets = { new Target { Application = "orders", Environment = "prod" } },
                Author = "ada@desk",
                Message = "Too cheap",
            },
            Server.Configs.Last<RollbackRequest>());
    }

    private static RpcException Conflict() => FakeConcord.Refusal(StatusCode.Aborted, new()
    {
        Code = "conflict",
        Message = "orders/prod is at release 12.",
        Remedy = "Look at release 12, then publish again with --expect 12.",
        ExpectedRelease = 11,
        ActualRelease = 12,
        Id = Id("orders/prod"),
    });
}
