using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Releases;

namespace Concord.Tests.Configs;

public sealed class ReleaseTests
{
    [Fact]
    public async Task One_release_over_several_applications_is_one_revision()
    {
        await using var centre = new ConfigCentre();
        await centre.PutAsync("orders/prod", "a=1\n");
        await centre.PutAsync("orders/default/db", "url=x\n");
        await centre.PutAsync("billing/prod", ConfigFormat.Json, """{"b":2}""");
        var before = centre.Revision;

        var outcome = await centre.PublishAsync("orders/prod", "orders/default", "billing/prod");

        Assert.Equal((1, before + 1, before + 1), (outcome.Plan.Number, outcome.Revision, centre.Revision));
        Assert.Equal("a=1", centre.Settings("orders", "prod"));
        Assert.Equal("b=2", centre.Settings("billing", "prod"));
        Assert.Equal("url=x", centre.Settings("orders", "prod", "", "db"));
        Assert.DoesNotContain(await centre.Views.ConfigurationsAsync("orders", "prod", default), static entry => entry.HasDraft);
        var release = await centre.Releases.GetAsync(1, default);
        Assert.Equal(["billing/prod/application", "orders/default/db", "orders/prod/application"], release.Record.Items.Select(static item => item.Path));
        Assert.Equal(["b", "url", "a"], release.Changes.Select(static change => change.Key));
    }

    [Fact]
    public async Task If_one_target_cannot_be_published_none_is()
    {
        await using var centre = new ConfigCentre();
        await centre.PutAsync("orders/prod", "a=1\n");
        await centre.PutAsync("billing/prod", "b=${nowhere}\n");
        var before = centre.Revision;

        var error = await ConfigErrors.Of(() => centre.PublishAsync("orders/prod", "billing/prod"), ConfigErrorCode.UnresolvedReference, "targets");

        Assert.Equal(("billing/prod/application", 1), (error.Path!.Text, error.Line));
        Assert.Contains("there is no key 'nowhere'", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, centre.Revision);
    }

    [Fact]
    public async Task A_dry_run_tells_the_changes_and_writes_nothing()
    {
        await using var centre = new ConfigCentre();
        await centre.ReleaseAsync("orders/prod", "a=1\nb=2\n");
        await centre.PutAsync("orders/prod", "a=9\nc=3\n");
        var before = centre.Revision;

        var outcome = await centre.Releases.PublishAsync([ConfigCentre.Target("orders/prod")], "bob", "", true, default);

        Assert.Equal((2, 0, before), (outcome.Plan.Number, outcome.Revision, centre.Revision));
        Assert.Equal(
            [("a", KeyChangeKind.Changed, "1", "9"), ("b", KeyChangeKind.Removed, "2", null), ("c", KeyChangeKind.Added, null, "3")],
            outcome.Plan.Changes.Select(static change => (change.Key, change.Kind, change.Old, change.New)));
    }

    [Fact]
    public async Task An_unexpected_release_is_a_conflict_with_both_sides()
    {
        await using var centre = new ConfigCentre();
        await centre.ReleaseAsync("orders/prod", "a=1\n");
        await centre.ReleaseAsync("orders/prod", "a=2\n");
        await centre.PutAsync("orders/prod", "a=3\n");

        var error = await ConfigErrors.Of(() => centre.Releases.PublishAsync([ConfigCentre.Target("orders/prod", 1)], "bob", "", false, default), ConfigErrorCode.Conflict, "targets.expected_release");

        Assert.Equal((1, 2), (error.ExpectedRelease, error.ActualRelease));
        Assert.Contains("by ann", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, (await centre.Releases.PublishAsync([ConfigCentre.Target("orders/prod", 2)], "bob", "", false, default)).Plan.Number);
    }

    [Fact]
    public async Task A_release_in_between_is_seen_and_planned_again()
    {
        await using var centre = new ConfigCentre();
        await centre.PutAsync("billing/prod", "b=1\n");
        await centre.PutAsync("orders/prod", "a=1\n");
        centre.BeforeApply = () => centre.PublishAsync("billing/prod").GetAwaiter().GetResult();

        var outcome = await centre.PublishAsync("orders/prod");

        Assert.Equal(2, outcome.Plan.Number);
        Assert.Equal(["orders/prod/application"], (await centre.Releases.GetAsync(2, default)).Record.Items.Select(static item => item.Path));
        Assert.Equal(["billing/prod/application"], (await centre.Releases.GetAsync(1, default)).Record.Items.Select(static item => item.Path));
    }

    [Fact]
    public async Task An_edit_of_the_draft_in_between_is_published_as_edited()
    {
        await using var centre = new ConfigCentre();
        await centre.PutAsync("orders/prod", "a=1\n");
        centre.BeforeApply = () => centre.PutAsync("orders/prod", "a=2\n").GetAwaiter().GetResult();

        await centre.PublishAsync("orders/prod");

        Assert.Equal("a=2", centre.Settings("orders", "prod"));
    }

    [Fact]
    public async Task A_draft_begun_on_an_older_release_does_not_undo_the_newer_one()
    {
        await using var centre = new ConfigCentre();
        await centre.ReleaseAsync("orders/prod", "a=1\n");
        await centre.ReleaseAsync("orders/prod", "a=2\n");
        await centre.Drafts.EditAsync(ConfigCentre.Path("orders/prod"), [KeyValuePair.Create("b", "1")], [], null, "bob", default);
        await centre.Releases.RollbackAsync(1, [], "ann", "", false, default);

        var error = await ConfigErrors.Of(() => centre.PublishAsync("orders/prod"), ConfigErrorCode.Conflict, "targets");

        Assert.Equal((2, 3), (error.ExpectedRelease, error.ActualRelease));
        await centre.PutAsync("orders/prod", "a=1\nb=1\n");
        Assert.Equal(4, (await centre.PublishAsync("orders/prod")).Plan.Number);
    }

    [Fact]
    public async Task Rolling_back_is_a_new_release_with_the_old_documents()
    {
        await using var centre = new ConfigCentre();
        await centre.PutAsync("orders/prod", ConfigFormat.Json, "{ /* kept */ \"a\": 1 }");
        await centre.PublishAsync("orders/prod");
        await centre.PutAsync("orders/prod", "a=2\n");
        await centre.PutAsync("orders/prod/late", "x=1\n");
        await centre.PublishAsync("orders/prod");
        await centre.ReleaseAsync("billing/prod", "b=1\n");

        var outcome = await centre.Releases.RollbackAsync(1, [ConfigCentre.Target("orders/prod")], "bob", "too fast", false, default);

        Assert.Equal(4, outcome.Plan.Number);
        Assert.Equal("a=1", centre.Settings("orders", "prod"));
        Assert.Empty(centre.View("orders", "prod", "", "late").Settings);
        var (release, document, _) = await centre.Views.ConfigurationAsync(ConfigCentre.Path("orders/prod"), 0, default);
        Assert.Equal((4, "{ /* kept */ \"a\": 1 }", ConfigFormat.Json), (release, document!.Content, document.Format));
        var record = (await centre.Releases.GetAsync(4, default)).Record;
        Assert.Equal((1, "bob", "too fast"), (record.RollbackTo, record.Author, record.Message));
        Assert.Equal([("orders/prod/application", false, 2L), ("orders/prod/late", true, 2L)], record.Items.Select(static item => (item.Path, item.Removed, item.PreviousRelease)));
    }

    [Fact]
    public async Task A_rollback_can_be_rolled_back()
    {
        await using var centre = new ConfigCentre();
        await centre.ReleaseAsync("orders/prod", "a=1\n");
        await centre.ReleaseAsync("orders/prod", "a=2\n");
        await centre.Releases.RollbackAsync(1, [], "ann", "", false, default);
        Assert.Equal("a=1", centre.Settings("orders", "prod"));
        await centre.Releases.RollbackAsync(2, [], "ann", "", false, default);
        Assert.Equal("a=2", centre.Settings("orders", "prod"));
        await centre.Releases.RollbackAsync(3, [], "ann", "", false, default);
        Assert.Equal("a=1", centre.Settings("orders", "prod"));
        await ConfigErrors.Of(() => centre.Releases.RollbackAsync(5, [], "ann", "", false, default), ConfigErrorCode.NothingToPublish, "targets");
        await ConfigErrors.Of(() => centre.Releases.RollbackAsync(9, [], "ann", "", false, default), ConfigErrorCode.UnknownRelease, "to_release");
    }

    [Fact]
    public async Task History_is_per_environment_and_in_pages()
    {
        await using var centre = new ConfigCentre();
        for (var i = 1; i <= 4; i++)
        {
            await centre.ReleaseAsync(i % 2 == 0 ? "orders/prod" : "orders/dev", $"a={i}\n");
        }

        async Task<string> Page(string app, string env, int limit, long before)
        {
            var (releases, more) = await centre.Releases.ListAsync(app, env, limit, before, default);
            return string.Join(' ', releases.Select(static release => release.Record.Number)) + (more ? " …" : "");
        }

        Assert.Equal("4 3 2 1", await Page("", "", 0, 0));
        Assert.Equal("4 3 …", await Page("", "", 2, 0));
        Assert.Equal("2 1", await Page("", "", 2, 3));
        Assert.Equal("4 2", await Page("orders", "prod", 0, 0));
        Assert.Equal("4 3 …", await Page("orders", "", 2, 0));
        await ConfigErrors.Of(() => Page("ordres", "", 0, 0), ConfigErrorCode.UnknownApplication, "application");
        await ConfigErrors.Of(() => Page("", "", -1, 0), ConfigErrorCode.InvalidRequest, "limit");
    }

    [Fact]
    public async Task The_difference_of_two_releases_and_of_the_drafts()
    {
        await using var centre = new ConfigCentre();
        await centre.ReleaseAsync("orders/prod", "a=1\n");
        await centre.ReleaseAsync("orders/prod", "a=2\n");
        await centre.PutAsync("orders/prod", "# only a comment\na=2\n");

        async Task<string> Diff(long from, long to)
        {
            var (changes, textOnly) = await centre.Releases.DiffAsync([ConfigCentre.Target("orders/prod")], from, to, default);
            return string.Join(' ', changes.Select(static change => $"{change.Key}:{change.Old}→{change.New}").Concat(textOnly.Select(static path => "text:" + path.Text)));
        }

        Assert.Equal("a:1→2", await Diff(1, 2));
        Assert.Equal("a:2→1", await Diff(2, 1));
        Assert.Equal("text:orders/prod/application", await Diff(0, 0));
        await ConfigErrors.Of(() => Diff(7, 0), ConfigErrorCode.UnknownRelease, "from_release");
    }

    [Fact]
    public async Task Nothing_to_publish_is_an_error_with_a_remedy()
    {
        await using var centre = new ConfigCentre();
        await centre.ReleaseAsync("orders/prod", "a=1\n");
        await ConfigErrors.Of(() => centre.PublishAsync("orders/prod"), ConfigErrorCode.NothingToPublish, "targets");
        await centre.PutAsync("orders/prod", "a=1\n");
        await ConfigErrors.Of(() => centre.PublishAsync("orders/prod"), ConfigErrorCode.NothingToPublish, "targets");
        await ConfigErrors.Of(() => centre.PublishAsync(), ConfigErrorCode.InvalidRequest, "targets");
        var nearest = await ConfigErrors.Of(() => centre.PublishAsync("ordres/prod"), ConfigErrorCode.UnknownApplication, "targets.application");
        Assert.Contains("'orders'", nearest.Message, StringComparison.Ordinal);
        Assert.Contains("'prod'", (await ConfigErrors.Of(() => centre.PublishAsync("orders/prdo"), ConfigErrorCode.UnknownEnvironment, "targets.environment")).Message, StringComparison.Ordinal);
        Assert.Contains("'application'", (await ConfigErrors.Of(() => centre.PublishAsync("orders/prod/aplication"), ConfigErrorCode.UnknownConfiguration, "targets.name")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Removing_a_configuration_keeps_its_history()
    {
        await using var centre = new ConfigCentre();
        await centre.ReleaseAsync("orders/prod", "a=1\n");
        await centre.Drafts.PutAsync(ConfigCentre.Path("orders/prod"), null, "ann", default);
        var outcome = await centre.PublishAsync("orders/prod");

        Assert.Equal([("a", KeyChangeKind.Removed)], outcome.Plan.Changes.Select(static change => (change.Key, change.Kind)));
        Assert.Empty(centre.View("orders", "prod").Settings);
        Assert.Equal("a=1\n", (await centre.Views.ConfigurationAsync(ConfigCentre.Path("orders/prod"), 1, default)).Document!.Content);
        await ConfigErrors.Of(() => centre.Drafts.PutAsync(ConfigCentre.Path("orders/prod"), null, "ann", default), ConfigErrorCode.NothingToPublish, "targets");
        await ConfigErrors.Of(() => centre.Drafts.PutAsync(ConfigCentre.Path("orders/prod/none"), null, "ann", default), ConfigErrorCode.UnknownConfiguration, "id.name");
    }

    [Fact]
    public async Task A_draft_is_well_formed_from_the_start()
    {
        await using var centre = new ConfigCentre();
        var error = await ConfigErrors.Of(() => centre.PutAsync("orders/prod", ConfigFormat.Json, "{\n\"a\"}"), ConfigErrorCode.MalformedDocument, "document.content");
        Assert.Equal((2, 4), (error.Line, error.Column));
        await ConfigErrors.Of(() => centre.Drafts.EditAsync(ConfigCentre.Path("orders/prod"), [], [], null, "ann", default), ConfigErrorCode.InvalidRequest, "set");
        await ConfigErrors.Of(() => centre.Drafts.DiscardAsync(ConfigCentre.Path("orders/prod"), default), ConfigErrorCode.UnknownApplication, "id.application");
    }

    [Fact]
    public async Task Edits_start_from_the_draft_else_from_what_is_published()
    {
        await using var centre = new ConfigCentre();
        await centre.ReleaseAsync("orders/prod", "# kept\na=1\n");
        var first = await centre.Drafts.EditAsync(ConfigCentre.Path("orders/prod"), [KeyValuePair.Create("b", "2")], [], null, "", default);
        var second = await centre.Drafts.EditAsync(ConfigCentre.Path("orders/prod"), [KeyValuePair.Create("c", "3")], ["a"], null, "", default);

        Assert.Equal("# kept\na=1\nb=2\n", first.Record.Content);
        Assert.Equal("# kept\nb=2\nc=3\n", second.Record.Content);
        Assert.Equal(("anonymous", 1L), (second.Record.Author, second.Record.BaseRelease));
        Assert.True(await centre.Drafts.DiscardAsync(ConfigCentre.Path("orders/prod"), default));
        Assert.False(await centre.Drafts.DiscardAsync(ConfigCentre.Path("orders/prod"), default));
    }

    [Fact]
    public async Task A_publish_that_would_break_an_importing_application_is_refused()
    {
        await using var centre = new ConfigCentre();
        await centre.ReleaseAsync("shared/default", "host=h\nother=1\n");
        await centre.PutAsync("orders/default/imports", ConfigFormat.Text, "shared\n");
        await centre.PutAsync("orders/prod", "url=http://${host}/\n");
        await centre.PublishAsync("orders/default", "orders/prod");
        Assert.Equal("host=h other=1 url=http://h/", centre.Settings("orders", "prod"));

        await centre.PutAsync("shared/default", "other=2\n");
        var error = await ConfigErrors.Of(() => centre.PublishAsync("shared/default"), ConfigErrorCode.UnresolvedReference, "targets");

        Assert.Equal("orders/prod/application", error.Path!.Text);
    }

    [Fact]
    public async Task References_are_checked_with_each_overlay()
    {
        await using var centre = new ConfigCentre();
        await centre.ReleaseAsync("orders/prod", "a=${b}\nb=1\n");
        var error = await ConfigErrors.Of(() => centre.ReleaseAsync("orders/prod@zone=eu", "b=${a}\n"), ConfigErrorCode.UnresolvedReference, "targets");
        Assert.Contains("zone=eu", error.Message, StringComparison.Ordinal);
        Assert.Contains("a → b → a", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Imports_name_what_is_published()
    {
        await using var centre = new ConfigCentre();
        await centre.ReleaseAsync("shared/default", "x=1\n");
        await centre.ReleaseAsync("nested/default", "y=1\n");
        await centre.PutAsync("nested/default/imports", ConfigFormat.Json, "[\"shared\"]");
        await centre.PublishAsync("nested/default");

        async Task<ConfigError> Publish(string imports, ConfigErrorCode code, string field)
        {
            await centre.PutAsync("orders/prod/imports", ConfigFormat.Text, imports);
            return await ConfigErrors.Of(() => centre.PublishAsync("orders/prod"), code, field);
        }

        Assert.Contains("'shared'", (await Publish("sharde", ConfigErrorCode.UnknownImport, "document.content")).Message, StringComparison.Ordinal);
        await Publish("shared/none", ConfigErrorCode.UnknownImport, "document.content");
        await Publish("nested", ConfigErrorCode.InvalidRequest, "document.content");
        await ConfigErrors.Of(() => centre.PutAsync("orders/prod/imports", ConfigFormat.Text, "# one\nshared\nshared\n"), ConfigErrorCode.MalformedDocument, "document.content");
        await ConfigErrors.Of(() => centre.PutAsync("orders/prod/imports", ConfigFormat.Text, "orders\n"), ConfigErrorCode.MalformedDocument, "document.content");
        await ConfigErrors.Of(() => centre.PutAsync("orders/prod/imports", ConfigFormat.Toml, "a=1\n"), ConfigErrorCode.UnknownFormat, "document.format");
    }
}
