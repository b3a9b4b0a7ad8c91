using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;

namespace Concord.Tests.Configs;

public sealed class ViewTests
{
    [Fact]
    public async Task Layers_from_the_lowest_to_the_highest()
    {
        await using var centre = new ConfigCentre();
        foreach (var (path, layer) in ((string, string)[])[
            ("one/default", "1"), ("one/prod", "2"), ("one/default@zone=eu", "3"), ("one/prod@zone=eu", "4"),
            ("two/default/db", "5"),
            ("orders/default", "6"), ("orders/prod", "7"), ("orders/default@zone=eu", "8"),
            ("orders/prod@zone=eu", "9"), ("orders/prod@version=2,zone=eu", "10"),
            ("orders/default/late", "11")])
        {
            await centre.PutAsync(path, $"from{layer}={layer}\ntop={layer}\n");
        }

        await centre.PublishAsync("one/default", "one/prod", "two/default", "orders/default", "orders/prod");
        await centre.PutAsync("orders/default/imports", ConfigFormat.Yaml, "# shared\n- one\n- two/db\n");
        await centre.PublishAsync("orders/default");

        var view = centre.View("orders", "prod", "zone=eu,version=2,host=h1", "application", "late");

        Assert.Equal(
            ["one/default/application", "one/prod/application", "one/default/application@zone=eu", "one/prod/application@zone=eu", "two/default/db", "orders/default/application", "orders/prod/application", "orders/default/application@zone=eu", "orders/prod/application@zone=eu", "orders/prod/application@version=2,zone=eu", "orders/default/late"],
            view.Layers.Layers.Select(static layer => layer.Head.Path.Text));
        Assert.Equal("11", view.Settings.Single(static setting => setting.Key == "top").Value);
        Assert.Equal(12, view.Settings.Count);
        Assert.Equal(["version", "zone"], view.Layers.LabelNames);
        Assert.Equal(2, view.Release);
        Assert.Equal("10", centre.View("orders", "prod", "zone=eu,version=2").Settings.Single(static setting => setting.Key == "top").Value);
        Assert.Equal("9", centre.View("orders", "prod", "zone=eu,version=3").Settings.Single(static setting => setting.Key == "top").Value);
        Assert.Equal("7", centre.View("orders", "prod", "zone=us").Settings.Single(static setting => setting.Key == "top").Value);
        Assert.Equal("6", centre.View("orders", "dev").Settings.Single(static setting => setting.Key == "top").Value);
    }

    [Fact]
    public async Task Explain_names_the_layer_and_what_it_hides()
    {
        await using var centre = new ConfigCentre();
        await centre.ReleaseAsync("orders/default", "a.x=1\na.y=1\n");
        await centre.ReleaseAsync("orders/prod", "A.X=${a.y}2\n");

        var (_, entries) = await centre.Views.ExplainAsync(ConfigCentre.Key("orders", "prod"), "a.x", default);

        var entry = Assert.Single(entries);
        Assert.Equal(("A:X", "12", "${a.y}2"), (entry.Setting.Key, entry.Setting.Value, entry.Setting.Raw.Text));
        Assert.Equal(("orders/prod/application", 2L, LayerKind.Environment), (entry.Source.Head.Path.Text, entry.Source.Head.Release, entry.Source.Kind));
        Assert.Equal([("orders/default/application", "1")], entry.Hidden.Select(static hidden => (hidden.Layer.Head.Path.Text, hidden.Value)));
        var error = await ConfigErrors.Of(() => centre.Views.ExplainAsync(ConfigCentre.Key("orders", "prod"), "a.yz", default), ConfigErrorCode.UnknownKey, "key");
        Assert.Contains("a:y", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_view_that_is_not_there_is_refused_with_the_nearest_name()
    {
        await using var centre = new ConfigCentre();
        await centre.ReleaseAsync("orders/prod", "a=1\n");
        await centre.PutAsync("orders/dev", "a=1\n");

        Task Get(string app, string env, params string[] names) => centre.Views.EffectiveAsync(ConfigCentre.Key(app, env, "", names), default);

        Assert.Contains("'orders'", (await ConfigErrors.Of(() => Get("order", "prod"), ConfigErrorCode.UnknownApplication, "view.application")).Message, StringComparison.Ordinal);
        Assert.Contains("'prod'", (await ConfigErrors.Of(() => Get("orders", "prd"), ConfigErrorCode.UnknownEnvironment, "view.environment")).Message, StringComparison.Ordinal);
        Assert.Contains("nothing is published", (await ConfigErrors.Of(() => Get("orders", "dev"), ConfigErrorCode.UnknownEnvironment, "view.environment")).Message, StringComparison.Ordinal);
        await ConfigErrors.Of(() => Get("orders", "prod", "db"), ConfigErrorCode.UnknownConfiguration, "view.names");
        ConfigErrors.Of(() => ConfigCentre.Key("orders", "prod", "", "imports"), ConfigErrorCode.InvalidRequest, "view.names");
        ConfigErrors.Of(() => ConfigCentre.Key("or ders", "prod"), ConfigErrorCode.InvalidName, "view.application");
        ConfigErrors.Of(() => ConfigCentre.Key("orders", "prod", "zone"), ConfigErrorCode.InvalidLabel, "label");
        Assert.Equal("orders", ConfigCentre.Key("Orders", "Prod").Application);
    }

    [Fact]
    public async Task A_view_is_rendered_with_its_lists_and_kinds()
    {
        await using var centre = new ConfigCentre();
        await centre.PutAsync("orders/prod", ConfigFormat.Json, """{"b":{"list":[1,{"k":"v","m":true}],"empty":[]},"a":"no","n":null,"r":"${a}!","d.ot":1.50}""");
        await centre.PublishAsync("orders/prod");
        var view = centre.View("orders", "prod");

        Assert.Equal("{\n  \"a\": \"no\",\n  \"b\": {\n    \"empty\": [],\n    \"list\": [\n      1,\n      {\n        \"k\": \"v\",\n        \"m\": true\n      }\n    ]\n  },\n  \"d.ot\": 1.50,\n  \"n\": null,\n  \"r\": \"no!\"\n}\n", ViewRenderer.Render(view, ConfigFormat.Json));
        Assert.Equal("a: \"no\"\nb:\n  empty: []\n  list:\n    - 1\n    - k: \"v\"\n      m: true\nd.ot: 1.50\n\"n\": null\nr: \"no!\"\n", ViewRenderer.Render(view, ConfigFormat.Yaml));
        Assert.Equal("a=no\nb.empty=\nb.list[0]=1\nb.list[1].k=v\nb.list[1].m=true\nd\\.ot=1.50\nn=\nr=no!\n", ViewRenderer.Render(view, ConfigFormat.Properties));
        ConfigErrors.Of(() => ViewRenderer.Render(view, ConfigFormat.Toml), ConfigErrorCode.UnknownFormat, "render");
    }

    [Theory]
    [InlineData(ConfigFormat.Json)]
    [InlineData(ConfigFormat.Yaml)]
    [InlineData(ConfigFormat.Properties)]
    public async Task A_rendered_view_reads_as_the_same_settings(ConfigFormat format)
    {
        await using var centre = new ConfigCentre();
        await centre.PutAsync("orders/prod", "a=1\na.b=2\nlist[0][0]=x\nlist[0][1]=y\nlist[1].k=\\ z\nm\\.n=#!\ntext=line\\nnext: - \"q\"\n");
        await centre.PublishAsync("orders/prod");
        var view = centre.View("orders", "prod");

        var read = FlatSettings.Of(new ConfigDocument(format, ViewRenderer.Render(view, format)).Parse("x"));

        Assert.Equal(view.Settings.Select(static setting => (setting.Key, setting.Value)), read.Select(static setting => (setting.Key, setting.Value.Text)));
    }

    [Fact]
    public async Task Versions_are_equal_exactly_when_the_settings_are()
    {
        await using var centre = new ConfigCentre();
        await centre.ReleaseAsync("orders/prod", "a=1\nb=2\n");
        var first = centre.View("orders", "prod").Version;
        await centre.ReleaseAsync("orders/prod", "# other text\nb=2\na=1\n");
        Assert.Equal(first, centre.View("orders", "prod").Version);
        await centre.ReleaseAsync("orders/prod", "a=12\nb=\n");
        Assert.NotEqual(first, centre.View("orders", "prod").Version);
    }
}
