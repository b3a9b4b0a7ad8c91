using Concord.Protocol.V1;
using Grpc.Core;
using static Concord.Tests.Cli.Messages;

namespace Concord.Tests.Cli;

public sealed class ImportExportTests : CliTests
{
    [Fact]
    public async Task Import_makes_a_draft_of_each_file_and_skips_what_it_cannot_tell()
    {
        Server.Configs.On<PutDraftRequest>(request => DraftOf(request.Id, request.Document));
        using var directory = new TemporaryDirectory();
        directory.Write("application.json", "{}");
        directory.Write("limits@zone=eu,tier=1.yaml", "a: 1\n");
        directory.Write("notes.md", "no");
        directory.Write(".hidden.json", "no");

        var run = await RunAsync("config", "import", directory.Path, "orders/prod");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            [Id("orders/prod"), Id("orders/prod/limits@zone=eu,tier=1")],
            Server.Configs.Requests.OfType<PutDraftRequest>().Select(request => request.Id));
        Assert.Equal($"skipped: {Path.Combine(directory.Path, "notes.md")}: its extension does not tell its format\n", run.Error);
        Assert.EndsWith("2 imported\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_bad_file_is_shown_and_the_others_are_imported()
    {
        Server.Configs.On<PutDraftRequest>(request => request.Document.Content.Length > 0
            ? DraftOf(request.Id, request.Document)
            : throw FakeConcord.Refusal(StatusCode.InvalidArgument, new() { Code = "malformed_document", Message = "It is empty.", Line = 1, Column = 1 }));
        using var directory = new TemporaryDirectory();
        var bad = directory.Write("a.json", "");
        directory.Write("b.json", "{}");

        var run = await RunAsync("config", "import", directory.Path, "orders/prod");
        var json = await RunAsync("config", "import", directory.Path, "orders/prod", "-o", "json");

        Assert.Equal((2, 2), (run.ExitCode, json.ExitCode));
        Assert.StartsWith($"error: It is empty.\n  --> {bad}:1:1\n", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("1 imported, 1 failed\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("\"path\": \"orders/prod/b\"", json.Out, StringComparison.Ordinal);
        Assert.Contains("\"code\": \"malformed_document\"", json.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_files_for_one_configuration_are_refused_before_anything_is_written()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("a.json", "{}");
        directory.Write("a.yaml", "");

        var run = await RunAsync("config", "import", directory.Path, "orders/prod");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("would both become orders/prod/a", run.Error, StringComparison.Ordinal);
        Assert.Empty(Server.Configs.Requests);
    }

    [Fact]
    public async Task What_export_saves_import_reads_back()
    {
        Document[] documents = [Json("{ \"a\": 1 } "), new() { Format = Format.Properties, Content = "# all\na=1" }];
        ConfigurationId[] ids = [Id("orders/prod"), Id("orders/prod/limits@zone=eu")];
        Server.Configs.On<ListConfigurationsRequest>(_ => new ListConfigurationsResponse
        {
            Entries = { ids.Select(id => new ListConfigurationsResponse.Types.Entry { Id = id }) },
        });
        Server.Configs.On<GetConfigurationRequest>(request => new GetConfigurationResponse
        {
            Published = new() { Id = request.Id, Document = documents[Array.IndexOf(ids, request.Id)], Release = 3 },
        });
        Server.Configs.On<PutDraftRequest>(request => DraftOf(request.Id, request.Document));
        using var directory = new TemporaryDirectory();
        var to = Path.Combine(directory.Path, "saved");

        var export = await RunAsync("config", "export", "orders/prod", "--to", to);
        await RunAsync("config", "import", to, "orders/prod");

        Assert.Equal(0, export.ExitCode);
        Assert.Equal(ids.Zip(documents), Server.Configs.Requests.OfType<PutDraftRequest>().Select(request => (request.Id, request.Document)));
    }

    [Fact]
    public async Task Export_prints_one_document_as_it_was_written()
    {
        Server.Configs.On<GetConfigurationRequest>(request => new GetConfigurationResponse
        {
            Published = new() { Id = request.Id, Document = new() { Format = Format.Yaml, Content = "# why\na:   1\n" }, Release = request.Release },
        });

        var run = await RunAsync("config", "export", "orders/prod/limits", "--release", "4");

        Printed("# why\na:   1", run);
        Assert.Equal(4, Server.Configs.Last<GetConfigurationRequest>().Release);
    }

    [Fact]
    public async Task Export_of_nothing_and_of_too_much_is_told()
    {
        Server.Configs.On<GetConfigurationRequest>(request => request.Id.Environment == "prod"
            ? new GetConfigurationResponse { Published = new() { Id = request.Id, Document = Json("{}"), Release = 1 } }
            : new GetConfigurationResponse());
        Server.Configs.On<ListConfigurationsRequest>(_ => new ListConfigurationsResponse
        {
            Entries =
            {
                new ListConfigurationsResponse.Types.Entry { Id = Id("orders/prod/a") },
                new ListConfigurationsResponse.Types.Entry { Id = Id("orders/prod/b") },
            },
        });

        var nothing = await RunAsync("config", "export", "orders/dev/limits");
        var both = await RunAsync("config", "export", "orders/prod");

        Assert.Equal((4, 2), (nothing.ExitCode, both.ExitCode));
        Assert.Contains("Nothing is published at orders/dev/limits.", nothing.Error, StringComparison.Ordinal);
        Assert.Contains("There are 2 configurations: orders/prod/a, orders/prod/b.", both.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_leads_out_of_the_directory_is_not_written()
    {
        var id = Id("orders/prod/x");
        id.Selector["zone"] = "/../../evil";
        Server.Configs.On<ListConfigurationsRequest>(_ => new ListConfigurationsResponse
        {
            Entries = { new ListConfigurationsResponse.Types.Entry { Id = id } },
        });
        Server.Configs.On<GetConfigurationRequest>(request => new GetConfigurationResponse
        {
            Published = new() { Id = request.Id, Document = Json("{}"), Release = 1 },
        });
        using var directory = new TemporaryDirectory();

        var run = await RunAsync("config", "export", "orders/prod", "--to", directory.Path);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("cannot be the name of a file", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory.Path));
    }
}
