using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Editing;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;
using CsCheck;

namespace Concord.Tests.Configs;

public sealed class DocumentEditorTests
{
    private const string Json = """
        {
          // The discount of the season.
          "Pricing": {
            "Discount": 0.10, // was 0.05
            "Currency": "EUR"
          },
          "Zones": ["eu", "us"],
          "Fast": true
        }

        """;

    [Theory]
    [InlineData("Pricing:Discount", "0.2", "\"Discount\": 0.10,", "\"Discount\": 0.2,")]
    [InlineData("pricing.currency", "USD", "\"Currency\": \"EUR\"", "\"Currency\": \"USD\"")]
    [InlineData("Pricing:Discount", "none", "\"Discount\": 0.10,", "\"Discount\": \"none\",")]
    [InlineData("Fast", "false", "\"Fast\": true", "\"Fast\": false")]
    [InlineData("Zones:1", "ap", "\"us\"", "\"ap\"")]
    [InlineData("Zones:2", "ap", "\"us\"]", "\"us\", \"ap\"]")]
    [InlineData("Pricing:Rounding:Mode", "up", "\"Currency\": \"EUR\"", "\"Currency\": \"EUR\",\n    \"Rounding\": {\n      \"Mode\": \"up\"\n    }")]
    [InlineData("New", "a \"b\"", "\"Fast\": true", "\"Fast\": true,\n  \"New\": \"a \\\"b\\\"\"")]
    public void Setting_a_json_key_changes_nothing_else(string key, string value, string before, string after) =>
        Assert.Equal(Json.Replace(before, after, StringComparison.Ordinal), Set(ConfigFormat.Json, Json, key, value));

    [Theory]
    [InlineData("Pricing:Discount", "    \"Discount\": 0.10, // was 0.05\n", "// was 0.05\n")]
    [InlineData("Pricing:Currency", "    \"Discount\": 0.10, // was 0.05\n    \"Currency\": \"EUR\"\n", "    \"Discount\": 0.10 // was 0.05\n")]
    [InlineData("Fast", "  \"Zones\": [\"eu\", \"us\"],\n  \"Fast\": true\n", "  \"Zones\": [\"eu\", \"us\"]\n")]
    [InlineData("Zones:0", "[\"eu\", \"us\"]", "[\"us\"]")]
    public void Removing_a_json_key_takes_its_comma_with_it(string key, string before, string after)
    {
        var edited = Remove(ConfigFormat.Json, Json, key);
        Assert.Equal(Json.Replace(before, after, StringComparison.Ordinal).Replace("    // was", "// was", StringComparison.Ordinal), edited.Replace("    // was", "// was", StringComparison.Ordinal));
    }

    [Fact]
    public void A_json_document_can_begin_from_nothing() =>
        Assert.Equal("{\n  \"A\": {\n    \"B\": \"1\"\n  }\n}\n", Set(ConfigFormat.Json, "", "A:B", "1"));

    [Theory]
    [InlineData("a.b", "9", "# one\na.b = 9\n# two\nlong=x \\\n  y\nempty\n")]
    [InlineData("long", "z", "# one\na.b = 1\n# two\nlong=z\nempty\n")]
    [InlineData("empty", "z", "# one\na.b = 1\n# two\nlong=x \\\n  y\nempty=z\n")]
    [InlineData("New:Key", " a\nb", "# one\na.b = 1\n# two\nlong=x \\\n  y\nempty\nNew.Key=\\ a\\nb\n")]
    [InlineData("Zones:0", "eu", "# one\na.b = 1\n# two\nlong=x \\\n  y\nempty\nZones[0]=eu\n")]
    public void Setting_a_property_changes_its_line_only(string key, string value, string expected) =>
        Assert.Equal(expected, Set(ConfigFormat.Properties, "# one\na.b = 1\n# two\nlong=x \\\n  y\nempty\n", key, value));

    [Fact]
    public void Removing_a_property_removes_its_lines() =>
        Assert.Equal("# one\n# two\nempty\n", Remove(ConfigFormat.Properties, "# one\na.b = 1\n# two\na.c=x \\\n  y\nempty\n", "a"));

    [Theory]
    [InlineData("server:port", "8081", "# top\nserver:\n  port: 8081 # http\n  name: 'a'\nlist:\n  - x\n")]
    [InlineData("server:name", "b c", "# top\nserver:\n  port: 8080 # http\n  name: \"b c\"\nlist:\n  - x\n")]
    [InlineData("server:host", "h", "# top\nserver:\n  port: 8080 # http\n  name: 'a'\n  host: \"h\"\nlist:\n  - x\n")]
    [InlineData("other.deep", "1", "# top\nserver:\n  port: 8080 # http\n  name: 'a'\nlist:\n  - x\nother:\n  deep: \"1\"\n")]
    [InlineData("list:0", "z", "# top\nserver:\n  port: 8080 # http\n  name: 'a'\nlist:\n  - z\n")]
    [InlineData("list:0", "y", "# top\nserver:\n  port: 8080 # http\n  name: 'a'\nlist:\n  - \"y\"\n")]
    public void Setting_a_yaml_key_changes_nothing_else(string key, string value, string expected) =>
        Assert.Equal(expected, Set(ConfigFormat.Yaml, "# top\nserver:\n  port: 8080 # http\n  name: 'a'\nlist:\n  - x\n", key, value));

    [Theory]
    [InlineData(ConfigFormat.Yaml, "a: |\n  text\n", "a")]
    [InlineData(ConfigFormat.Yaml, "a: {b: 1}\n", "a:c")]
    [InlineData(ConfigFormat.Json, "{\"a\": {\"b\": 1}}", "a")]
    [InlineData(ConfigFormat.Json, "{\"a\": 1}", "a:b")]
    [InlineData(ConfigFormat.Toml, "a = 1\n", "a")]
    [InlineData(ConfigFormat.Xml, "<r/>", "a")]
    public void What_cannot_be_edited_safely_is_refused(ConfigFormat format, string text, string key) =>
        ConfigErrors.Of(() => Set(format, text, key, "x"), ConfigErrorCode.CannotEdit, "set");

    [Fact]
    public void Removing_what_is_not_there_is_refused()
    {
        ConfigErrors.Of(() => Remove(ConfigFormat.Json, "{}", "a"), ConfigErrorCode.UnknownKey, "remove");
        ConfigErrors.Of(() => Remove(ConfigFormat.Properties, "", "a"), ConfigErrorCode.UnknownKey, "remove");
        ConfigErrors.Of(() => Set(ConfigFormat.Properties, "", "a..b", "1"), ConfigErrorCode.InvalidKey, "set");
    }

    /// <summary>Any edit of any document gives the settings that a map would, and keeps every comment.</summary>
    [Theory]
    [InlineData(ConfigFormat.Json)]
    [InlineData(ConfigFormat.Properties)]
    public void Random_edits_do_what_they_would_do_to_a_map(ConfigFormat format)
    {
        var key = Gen.Select(Gen.Char["ab"], Gen.Char["cd"], Gen.Char["ef"]).Select(static parts => $"{parts.Item1}:{parts.Item2}:{parts.Item3}");
        var value = Gen.String[Gen.Char[" a=:#!\\\"'{}[],/*\tü\n"], 0, 6];
        var edit = Gen.Select(key, value, Gen.Bool);
        Gen.Select(edit.Array[1, 12], Gen.Bool).Sample(input =>
        {
            var (edits, oneLine) = input;
            var text = format == ConfigFormat.Properties ? "# kept\n" : oneLine ? "{ /* kept */ }" : "{\n  // kept\n}\n";
            var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (var (name, to, remove) in edits)
            {
                if (remove && map.Remove(name))
                {
                    text = Remove(format, text, name);
                }
                else
                {
                    map[name] = to;
                    text = Set(format, text, name, to);
                }

                Assert.Equal(map.Select(static pair => $"{pair.Key}={pair.Value}"), Settings(format, text));
                Assert.Contains("kept", text, StringComparison.Ordinal);
            }
        }, iter: 1_000);
    }

    private static string Set(ConfigFormat format, string text, string key, string value) =>
        DocumentEditor.Edit(new(format, text), "application", [KeyValuePair.Create(key, value)], []).Content;

    private static string Remove(ConfigFormat format, string text, string key) =>
        DocumentEditor.Edit(new(format, text), "application", [], [key]).Content;

    private static IEnumerable<string> Settings(ConfigFormat format, string text) =>
        FlatSettings.Of(new ConfigDocument(format, text).Parse("application")).Select(static setting => $"{setting.Key}={setting.Value.Text}");
}
