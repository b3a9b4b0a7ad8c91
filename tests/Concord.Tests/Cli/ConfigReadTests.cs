using Concord.Protocol.V1;
using Grpc.Core;
using static Concord.Tests.Cli.Messages;

namespace Concord.Tests.Cli;

public sealed class ConfigReadTests : CliTests
{
    private void HaveSettings() => Server.Configs.On<GetEffectiveRequest>(request => new EffectiveConfiguration
    {
        Release = 13,
        Revision = 57,
        Version = "v",
        Settings =
        {
            new Setting { Key = "hosts:0", Value = "a" },
            new Setting { Key = "hosts:1", Value = "b" },
            new Setting { Key = "motd", Value = "hello\n\u001b[31mworld" },
            new Setting { Key = "pricing:discount", Value = "10" },
            new Setting { Key = "pricing:name", Value = " x=ü" },
        },
        Rendered = request.Render switch
        {
            Format.Json => """{"hosts":["a","b"],"motd":"hello\n\u001b[31mworld","pricing":{"discount":10,"name":" x=ü"}}""",
            Format.Yaml => "hosts:\n- a\n- b\n",
            Format.Properties => "hosts[0]=a\n",
            _ => "",
        },
    });

    [Fact]
    public async Task Get_shows_every_setting_and_no_control_character()
    {
        HaveSettings();

        Printed(
            """
            KEY               VALUE
            hosts:0           a
            hosts:1           b
            motd              hello\n\u001b[31mworld
            pricing:discount  10
            pricing:name       x=ü
            """,
            await RunAsync("config", "get", "orders/prod"));
    }

    [Fact]
    public async Task A_key_is_the_same_in_upper_and_lower_case()
    {
        HaveSettings();

        Assert.Equal("10\n", (await RunAsync("config", "get", "orders/prod", "Pricing:Discount", "-o", "value")).Out);
        Assert.Equal("10\n", (await RunAsync("config", "get", "orders/prod", "Pricing.Discount", "-o", "json")).Out);
        Assert.Contains("pricing:name", (await RunAsync("config", "get", "orders/prod", "PRICING")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_of_a_configuration_without_settings_is_not_there()
    {
        Server.Configs.On<GetEffectiveRequest>(_ => new EffectiveConfiguration { Version = "v" });

        var run = await RunAsync("config", "get", "orders/prod", "pricing");

        Assert.Equal(4, run.ExitCode);
        Assert.StartsWith("error: There is no key 'pricing'.\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_asks_as_the_instance_with_the_labels_of_path_and_options()
    {
        HaveSettings();

        await RunAsync("config", "get", "orders/prod/limits@zone=eu,tier=1", "--label", "tier=2", "-l", "version=3=4");

        var request = Server.Configs.Last<GetEffectiveRequest>();
        Assert.Equal(
            new ViewId
            {
                Application = "orders",
                Environment = "prod",
                Names = { "limits" },
                Labels = { ["zone"] = "eu", ["tier"] = "2", ["version"] = "3=4" },
            },
            request.View);
        Assert.Equal(Format.Unspecified, request.Render);
    }

    [Theory]
    [InlineData("yaml", "hosts:\n- a\n- b\n")]
    [InlineData("properties", "hosts[0]=a\n")]
    public async Task Whole_documents_come_as_the_server_rendered_them(string format, string expected)
    {
        HaveSettings();

        Assert.Equal(expected, (await RunAsync("config", "get", "orders/prod", "-o", format)).Out);
    }

    [Theory]
    [InlineData("pricing:discount", "10\n")]
    [InlineData("pricing.discount", "10\n")]
    [InlineData("motd", "hello\n\u001b[31mworld\n")]
    public async Task A_bare_value_is_printed_as_it_is(string key, string expected)
    {
        HaveSettings();

        Assert.Equal(expected, (await RunAsync("config", "get", "orders/prod", key, "-o", "value")).Out);
    }

    [Theory]
    [InlineData("pricing", "{\n  \"discount\": 10,\n  \"name\": \" x=ü\"\n}\n")]
    [InlineData("pricing:discount", "10\n")]
    [InlineData("hosts:1", "\"b\"\n")]
    [InlineData("hosts", "[\n  \"a\",\n  \"b\"\n]\n")]
    public async Task Json_of_a_key_is_its_part_of_the_document(string key, string expected)
    {
        HaveSettings();

        Assert.Equal(expected, (await RunAsync("config", "get", "orders/prod", key, "-o", "json")).Out);
    }

    [Fact]
    public async Task Properties_of_a_key_are_escaped()
    {
        HaveSettings();

        Assert.Equal("pricing.discount=10\npricing.name=\\ x=ü\n", (await RunAsync("config", "get", "orders/prod", "pricing", "-o", "properties")).Out);
        Assert.Equal("motd=hello\\n\\u001b[31mworld\n", (await RunAsync("config", "get", "orders/prod", "motd", "-o", "properties")).Out);
    }

    [Theory]
    [InlineData("pricing:discuont", "There is no key 'pricing:discuont'.", "Did you mean pricing:discount?")]
    [InlineData("nothing-like-it", "There is no key 'nothing-like-it'.", "Leave KEY out")]
    [InlineData("pric", "There is no key 'pric'.", "Leave KEY out")]
    public async Task A_key_that_is_not_there_ends_with_4_and_the_nearest_name(string key, string message, string remedy)
    {
        HaveSettings();

        var run = await RunAsync("config", "get", "orders/prod", key);

        Assert.Equal((4, ""), (run.ExitCode, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Contains(remedy, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_section_has_no_value_of_its_own()
    {
        HaveSettings();

        var run = await RunAsync("config", "get", "orders/prod", "pricing", "-o", "value");

        Assert.Equal(4, run.ExitCode);
        Assert.Contains("Name one of them, such as pricing:discount", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Problems_of_a_view_are_warnings_beside_the_output()
    {
        Server.Configs.On<GetEffectiveRequest>(_ => new EffectiveConfiguration
        {
            Settings = { new Setting { Key = "a", Value = "${b}" } },
            Problems = { "a: there is no key 'b'" },
        });

        var run = await RunAsync("config", "get", "orders/prod", "a", "-o", "value");

        Assert.Equal(new CliRun(0, "${b}\n", "warning: a: there is no key 'b'\n"), run);
    }

    [Fact]
    public async Task An_unknown_application_comes_with_the_servers_hint()
    {
        Server.Configs.On<GetEffectiveRequest>(_ => throw FakeConcord.Refusal(StatusCode.NotFound, new()
        {
            Code = "unknown_application",
            Message = "There is no application 'order'.",
            Field = "view.application",
            Remedy = "Did you mean 'orders'?",
        }));

        var run = await RunAsync("config", "get", "order/prod");

        Assert.Equal(4, run.ExitCode);
        Assert.Equal("error: There is no application 'order'.\n  field: view.application\n  remedy: Did you mean 'orders'?\n", run.Error);
    }

    [Fact]
    public async Task Explain_says_where_each_value_comes_from_and_what_it_hides()
    {
        Server.Configs.On<ExplainRequest>(_ => Explanation());

        Printed(
            """
            Layers, the lowest first:
              orders/default/application  default, release 3
              orders/prod/application     environment, release 13

            KEY               VALUE      FROM                        RELEASE
            pricing:discount  10         orders/prod/application          13
              hides           5          orders/default/application        3
            url               http://db  orders/prod/application          13
              written as      ${base}
            """,
            await RunAsync("config", "explain", "orders/prod"));
    }

    [Fact]
    public async Task Explain_as_json()
    {
        Server.Configs.On<ExplainRequest>(_ =>
        {
            var explanation = Explanation();
            explanation.Entries.RemoveAt(1);
            return explanation;
        });

        Printed(
            """
            {
              "keys": [
                {
                  "key": "pricing:discount",
                  "value": "10",
                  "rawValue": "10",
                  "source": {
                    "path": "orders/prod/application",
                    "release": 13,
                    "value": "10"
                  },
                  "hidden": [
                    {
                      "path": "orders/default/application",
                      "release": 3,
                      "value": "5"
                    }
                  ]
                }
              ],
              "layers": [
                {
                  "path": "orders/default/application",
                  "release": 3,
                  "kind": "default"
                },
                {
                  "path": "orders/prod/application",
                  "release": 13,
                  "kind": "environment"
                }
              ]
            }
            """,
            await RunAsync("config", "explain", "orders/prod", "pricing", "-o", "json"));
        Assert.Equal("pricing", Server.Configs.Last<ExplainRequest>().Key);
    }

    [Fact]
    public async Task List_shows_applications_or_the_configurations_of_one()
    {
        Server.Configs.On<ListApplicationsRequest>(_ => new ListApplicationsResponse
        {
            Applications =
            {
                new ListApplicationsResponse.Types.Application
                {
                    Name = "orders",
                    Environments =
                    {
                        new ListApplicationsResponse.Types.Environment { Name = "dev", Configurations = 1, Drafts = 1 },
                        new ListApplicationsResponse.Types.Environment { Name = "prod", Release = 13, Configurations = 2 },
                    },
                },
            },
        });
        Server.Configs.On<ListConfigurationsRequest>(_ => new ListConfigurationsResponse
        {
            Entries =
            {
                new ListConfigurationsResponse.Types.Entry { Id = Id("orders/prod"), Format = Format.Json, Release = 13, SizeBytes = 2048 },
                new ListConfigurationsResponse.Types.Entry { Id = Id("orders/prod@zone=eu"), Format = Format.Properties, HasDraft = true, SizeBytes = 12 },
            },
        });

        Printed(
            """
            APPLICATION  ENVIRONMENT  RELEASE  CONFIGURATIONS  DRAFTS
            orders       dev                -               1       1
            orders       prod              13               2       -
            """,
            await RunAsync("config", "list"));
        Printed(
            """
            CONFIGURATION                    FORMAT      RELEASE   SIZE  DRAFT
            orders/prod/application          json             13  2 KiB  -
            orders/prod/application@zone=eu  properties        -   12 B  yes
            """,
            await RunAsync("config", "list", "orders/prod"));
        Assert.Equal(new ListConfigurationsRequest { Application = "orders", Environment = "prod" }, Server.Configs.Last<ListConfigurationsRequest>());
    }

    [Fact]
    public async Task History_lists_releases_and_show_tells_one()
    {
        Server.Configs.On<ListReleasesRequest>(_ => new ListReleasesResponse
        {
            Releases =
            {
                new Release(ReleaseOf(14, "Too cheap", "orders/prod")) { RollbackTo = 11 },
                ReleaseOf(13, "New prices", "orders/prod", "billing/prod"),
            },
            More = true,
        });
        Server.Configs.On<GetReleaseRequest>(request => new GetReleaseResponse
        {
            Release = ReleaseOf(request.Number, "New prices", "orders/prod", "orders/prod/notes"),
            Changes = { Changed("orders/prod", "discount", "10", "15") },
        });

        Printed(
            """
            RELEASE  TIME                 AUTHOR    MESSAGE                 CONFIGURATIONS
                 14  2026-03-10 06:00:00  ada@desk  Too cheap (back to 11)  orders/prod/application
                 13  2026-03-10 05:00:00  ada@desk  New prices              orders/prod/application billing/prod/application
            """,
            await RunAsync("config", "history", "orders", "--limit", "2", "--before", "15"));
        Assert.Equal(
            new ListReleasesRequest { Application = "orders", Limit = 2, Before = 15 }, Server.Configs.Last<ListReleasesRequest>());
        Printed(
            """
            Release 13  revision 130
            by    ada@desk
            at    2026-03-10 05:00:00 (7 h ago)
            why   New prices

            orders/prod/application
              ~ discount  10 → 15
            orders/prod/notes  only the text differs: comments, order or spacing
            1 changed, 1 in text only
            """,
            await RunAsync("config", "show", "13"));
    }

    [Fact]
    public async Task A_release_as_json()
    {
        Server.Configs.On<GetReleaseRequest>(request => new GetReleaseResponse
        {
            Release = new Release(ReleaseOf(request.Number, "Too cheap", "orders/prod")) { RollbackTo = 11 },
            Changes = { Removed("orders/prod", "discount", "10") },
        });

        Printed(
            """
            {
              "number": 14,
              "revision": 140,
              "author": "ada@desk",
              "time": "2026-03-10T06:00:00.000Z",
              "message": "Too cheap",
              "rollbackTo": 11,
              "items": [
                {
                  "path": "orders/prod/application",
                  "format": "json",
                  "removed": false,
                  "previousRelease": 13
                }
              ],
              "changes": [
                {
                  "path": "orders/prod/application",
                  "key": "discount",
                  "kind": "removed",
                  "oldValue": "10"
                }
              ]
            }
            """,
            await RunAsync("config", "show", "14", "-o", "json"));
    }

    [Fact]
    public async Task A_release_that_is_not_there_ends_with_4()
    {
        Server.Configs.On<GetReleaseRequest>(_ => throw FakeConcord.Refusal(StatusCode.NotFound, new() { Code = "unknown_release", Message = "?" }));

        var run = await RunAsync("config", "show", "99");

        Assert.Equal(4, run.ExitCode);
        Assert.StartsWith("error: There is no release 99.\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instances_tell_what_became_of_the_last_release()
    {
        Server.Configs.On<ListInstancesRequest>(_ => Instances());

        Printed(
            """
            INSTANCE  PID  CONFIGURATION        STATE                                               CONNECTED  SERVER
            web-1      11  orders/prod          applied 13                                          2 h        one
            web-2      12  orders/prod@zone=eu  rejected 13, keeps 12: discount must be at most 50  30 s       one
            web-3      13  orders/prod/limits   sent 13, no report yet                              now        one
            """,
            await RunAsync("config", "instances", "orders/prod"));
    }

    [Fact]
    public async Task An_instance_as_json()
    {
        Server.Configs.On<ListInstancesRequest>(_ =>
        {
            var instances = Instances();
            return new ListInstancesResponse { Entries = { instances.Entries[1] } };
        });

        Printed(
            """
            {
              "instances": [
                {
                  "id": "id-web-2",
                  "host": "web-2",
                  "processId": 12,
                  "client": "concord.net/1",
                  "application": "orders",
                  "environment": "prod",
                  "names": [],
                  "labels": {
                    "zone": "eu"
                  },
                  "server": "one",
                  "connected": "2026-03-10T11:59:30.000Z",
                  "state": "rejected",
                  "sentRelease": 13,
                  "appliedRelease": 12,
                  "rejectedRelease": 13,
                  "reason": "discount must be at most 50",
                  "reported": "2026-03-10T12:00:00.000Z"
                }
              ]
            }
            """,
            await RunAsync("config", "instances", "-o", "json"));
    }

    private static ExplainResponse Explanation() => new()
    {
        Layers =
        {
            new ExplainResponse.Types.Layer { Id = Id("orders/default"), Release = 3, Kind = "default" },
            new ExplainResponse.Types.Layer { Id = Id("orders/prod"), Release = 13, Kind = "environment" },
        },
        Entries =
        {
            new ExplainResponse.Types.Entry
            {
                Key = "pricing:discount",
                Value = "10",
                RawValue = "10",
                Source = new() { Id = Id("orders/prod"), Release = 13, Value = "10" },
                Hidden = { new ExplainResponse.Types.Source { Id = Id("orders/default"), Release = 3, Value = "5" } },
            },
            new ExplainResponse.Types.Entry
            {
                Key = "url",
                Value = "http://db",
                RawValue = "${base}",
                Source = new() { Id = Id("orders/prod"), Release = 13, Value = "${base}" },
            },
        },
    };

    private static ListInstancesResponse Instances() => new()
    {
        Entries =
        {
            Entry("web-1", 11, TimeSpan.FromHours(2), applied: 13),
            Entry("web-2", 12, TimeSpan.FromSeconds(30), applied: 12, rejected: 13, zone: "eu"),
            Entry("web-3", 13, TimeSpan.Zero, applied: 0, name: "limits"),
        },
    };

    private static ListInstancesResponse.Types.Entry Entry(
        string host, int pid, TimeSpan age, long applied, long rejected = 0, string? zone = null, string? name = null)
    {
        var entry = new ListInstancesResponse.Types.Entry
        {
            Instance = new() { Id = "id-" + host, Host = host, ProcessId = pid, Client = "concord.net/1" },
            View = new() { Application = "orders", Environment = "prod" },
            Server = "one",
            ConnectedUnixMs = (CliRun.Now - age).ToUnixTimeMilliseconds(),
            SentRelease = 13,
            SentVersion = "v13",
            AppliedRelease = applied,
            AppliedVersion = applied > 0 ? $"v{applied}" : "",
            RejectedRelease = rejected,
            Reason = rejected > 0 ? "discount must be at most 50" : "",
            ReportedUnixMs = applied > 0 ? CliRun.Now.ToUnixTimeMilliseconds() : 0,
        };
        if (zone is not null)
            entry.View.Labels["zone"] = zone;
        if (name is not null)
            entry.View.Names.Add(name);
        return entry;
    }
}
