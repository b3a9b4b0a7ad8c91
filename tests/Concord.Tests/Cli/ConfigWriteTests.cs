using Concord.Protocol.V1;
using Grpc.Core;
using static Concord.Tests.Cli.Messages;

namespace Concord.Tests.Cli;

public sealed class ConfigWriteTests : CliTests
{
    [Fact]
    public async Task Put_edits_the_draft_and_shows_what_publishing_it_would_change()
    {
        Server.Configs.On<EditDraftRequest>(request => DraftOf(request.Id, Json("{}")));
        Server.Configs.On<DiffRequest>(_ => new DiffResponse
        {
            Changes =
            {
                Changed("orders/prod", "pricing:discount", "10", "15"),
                Added("orders/prod", "features:fast", "true"),
                Removed("orders/prod", "old", ""),
            },
        });

        var run = await RunAsync("config", "put", "orders/prod", "pricing:discount=15", "features:fast=true=yes");

        Assert.Equal(0, run.ExitCode);
        Printed(
            """
            Draft saved; publishing it will change:
            orders/prod/application
              ~ pricing:discount  10 → 15
              + features:fast     true
              - old               ""
            """,
            run);
        var request = Server.Configs.Last<EditDraftRequest>();
        Assert.Equal(Id("orders/prod"), request.Id);
        Assert.Equal("ada@desk", request.Author);
        Assert.Equal("15", request.Set["pricing:discount"]);
        Assert.Equal("true=yes", request.Set["features:fast"]);
    }

    [Fact]
    public async Task Put_takes_overlays_names_the_author_and_prints_the_draft_as_json()
    {
        Server.Configs.On<EditDraftRequest>(request => DraftOf(request.Id, Json("{\"a\": \"ü\"}"), request.Author));

        var run = await RunAsync("config", "put", "orders/prod/limits@zone=eu,tier=2", "a=ü", "--author", "grace", "-o", "json");

        Printed(
            """
            {
              "path": "orders/prod/limits@tier=2,zone=eu",
              "document": {
                "format": "json",
                "content": "{\"a\": \"ü\"}"
              },
              "author": "grace",
              "time": "2026-03-10T11:55:00.000Z",
              "baseRelease": 12,
              "removes": false
            }
            """,
            run);
    }

    [Fact]
    public async Task Put_sends_a_file_with_the_format_of_its_extension()
    {
        Server.Configs.On<PutDraftRequest>(request => DraftOf(request.Id, request.Document));
        Server.Configs.On<DiffRequest>(_ => new DiffResponse());
        using var directory = new TemporaryDirectory();
        var file = directory.Write("limits.yml", "# most\nmax: 5\n");

        var run = await RunAsync("config", "put", "orders/prod/limits", "--file", file);

        Printed("The draft of orders/prod/limits equals what is published.", run);
        Assert.Equal(new Document { Format = Format.Yaml, Content = "# most\nmax: 5\n" }, Server.Configs.Last<PutDraftRequest>().Document);
    }

    [Fact]
    public async Task Put_reads_standard_input_when_its_format_is_named()
    {
        Server.Configs.On<PutDraftRequest>(request => DraftOf(request.Id, request.Document));
        Server.Configs.On<DiffRequest>(_ => new DiffResponse { TextOnly = { Id("orders/prod") } });
        var start = new CliStart { Endpoint = Server.Endpoint, Input = "{}"u8.ToArray() };

        var run = await start.RunAsync("config", "put", "orders/prod", "--file", "-", "--format", "json");
        var nameless = await start.RunAsync("config", "put", "orders/prod", "--file", "-");

        Printed(
            """
            Draft saved; publishing it will change:
            orders/prod/application  only the text differs: comments, order or spacing
            """,
            run);
        Assert.Equal(2, nameless.ExitCode);
        Assert.Contains("Name it: --format json", nameless.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_malformed_document_is_shown_with_a_caret_under_the_fault()
    {
        Server.Configs.On<PutDraftRequest>(_ => throw FakeConcord.Refusal(StatusCode.InvalidArgument, new()
        {
            Code = "malformed_document",
            Message = "The document is not JSON: a comma is missing.",
            Field = "document.content",
            Remedy = "Put a comma between the two members.",
            Line = 3,
            Column = 4,
        }));
        using var directory = new TemporaryDirectory();
        var file = directory.Write("orders.json", "{\n\t\"discount\": 10\n\t\"fast\": true\n}\n");

        var run = await RunAsync("config", "put", "orders/prod", "-f", file);

        Assert.Equal(2, run.ExitCode);
        Assert.Equal(
            $$"""
            error: The document is not JSON: a comma is missing.
              --> {{file}}:3:4
              2 |  "discount": 10
              3 |  "fast": true
                |    ^
              field: document.content
              remedy: Put a comma between the two members.

            """,
            run.Error);
    }

    [Fact]
    public async Task A_document_that_ends_too_early_is_shown_at_its_last_line()
    {
        Server.Configs.On<PutDraftRequest>(_ => throw FakeConcord.Refusal(
            StatusCode.InvalidArgument, new() { Code = "malformed_document", Message = "It ends too early.", Line = 7, Column = 99 }));
        var start = new CliStart { Endpoint = Server.Endpoint, Input = "{\n  \"a\""u8.ToArray() };

        var run = await start.RunAsync("config", "put", "orders/prod", "-f", "-", "--format", "json");

        Assert.Equal(
            """
            error: It ends too early.
              --> standard input:7:99
              1 | {
              2 |   "a"
                |      ^

            """,
            run.Error);
    }

    [Fact]
    public async Task Unset_and_delete_make_drafts_too()
    {
        Server.Configs.On<EditDraftRequest>(request => DraftOf(request.Id, Json("{}")));
        Server.Configs.On<PutDraftRequest>(request => DraftOf(request.Id, request.Document));
        Server.Configs.On<DiffRequest>(_ => new DiffResponse { Changes = { Removed("orders/prod", "a", "1") } });

        var unset = await RunAsync("config", "unset", "orders/prod", "a", "b:c");
        var delete = await RunAsync("config", "delete", "orders/prod@zone=eu");

        Assert.Equal(["a", "b:c"], Server.Configs.Last<EditDraftRequest>().Remove);
        Assert.Null(Server.Configs.Last<PutDraftRequest>().Document);
        Assert.Equal(Id("orders/prod@zone=eu"), Server.Configs.Last<PutDraftRequest>().Id);
        Assert.Contains("  - a  1\n", unset.Out, StringComparison.Ordinal);
        Assert.Equal((0, 0), (unset.ExitCode, delete.ExitCode));
    }

    [Fact]
    public async Task Drafts_lists_what_is_not_published_and_discard_throws_it_away()
    {
        HaveDrafts();
        Server.Configs.On<DiscardDraftRequest>(_ => new DiscardDraftResponse { Discarded = true });

        var drafts = await RunAsync("config", "drafts");
        var discard = await RunAsync("config", "discard", "orders/prod");

        Printed(
            """
            CONFIGURATION            BASE  EDITED               AUTHOR    KIND
            orders/prod/application    12  2026-03-10 11:55:00  ada@desk  json
            orders/prod/limits         12  2026-03-10 11:55:00  ada@desk  withdraws it
            """,
            drafts);
        Printed(
            """
            Discarded the draft of orders/prod/application
            Discarded the draft of orders/prod/limits
            """,
            discard);
    }

    [Fact]
    public async Task Nothing_is_discarded_when_one_of_the_targets_is_not_there()
    {
        Server.Configs.On<ListConfigurationsRequest>(request => request.Application == "orders"
            ? new ListConfigurationsResponse { Entries = { new ListConfigurationsResponse.Types.Entry { Id = Id("orders/prod"), HasDraft = true } } }
            : throw new RpcException(new Status(StatusCode.NotFound, "no such application")));
        Server.Configs.On<DiscardDraftRequest>(_ => new DiscardDraftResponse { Discarded = true });

        var run = await RunAsync("config", "discard", "orders/prod", "ordres/prod");

        Assert.Equal(4, run.ExitCode);
        Assert.Empty(Server.Configs.Requests.OfType<DiscardDraftRequest>());
    }

    [Fact]
    public async Task Discarding_nothing_is_told()
    {
        Server.Configs.On<DiscardDraftRequest>(_ => new DiscardDraftResponse());

        var run = await RunAsync("config", "discard", "orders/prod/limits");

        Assert.Equal(4, run.ExitCode);
        Assert.Contains("There is no draft to discard.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_without_targets_covers_every_draft_and_can_tell_by_its_exit_code()
    {
        HaveDrafts();
        Server.Configs.On<DiffRequest>(_ => new DiffResponse { Changes = { Added("orders/prod", "a", "1") } });

        var run = await RunAsync("config", "diff", "--exit-code");

        Assert.Equal(7, run.ExitCode);
        Printed("orders/prod/application\n  + a  1\n1 added", run);
        Assert.Equal(new Target { Application = "orders", Environment = "prod" }, Assert.Single(Server.Configs.Last<DiffRequest>().Targets));
    }

    [Fact]
    public async Task Diff_compares_releases_and_says_when_nothing_differs()
    {
        Server.Configs.On<DiffRequest>(_ => new DiffResponse());

        var run = await RunAsync("config", "diff", "orders/prod/limits", "--from", "3", "--to", "5", "--exit-code");

        Assert.Equal(0, run.ExitCode);
        Printed("No differences.", run);
        var request = Server.Configs.Last<DiffRequest>();
        Assert.Equal((3, 5, "limits"), (request.FromRelease, request.ToRelease, request.Targets.Single().Name));
    }

    private void HaveDrafts()
    {
        Server.Configs.On<ListApplicationsRequest>(_ => new ListApplicationsResponse
        {
            Applications =
            {
                new ListApplicationsResponse.Types.Application
                {
                    Name = "orders",
                    Environments = { new ListApplicationsResponse.Types.Environment { Name = "prod", Drafts = 2 }, new ListApplicationsResponse.Types.Environment { Name = "dev" } },
                },
            },
        });
        Server.Configs.On<ListConfigurationsRequest>(_ => new ListConfigurationsResponse
        {
            Entries = { Entry("orders/prod", true), Entry("orders/prod/limits", true), Entry("orders/prod/other", false) },
        });
        Server.Configs.On<GetConfigurationRequest>(request => new GetConfigurationResponse
        {
            Draft = DraftOf(request.Id, request.Id.Name == "limits" ? null : Json("{}")),
        });

        static ListConfigurationsResponse.Types.Entry Entry(string path, bool hasDraft) => new() { Id = Id(path), HasDraft = hasDraft };
    }
}
