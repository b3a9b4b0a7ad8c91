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
    [InlineData("Pricing:Discount", "    \"Discount\": 0.10, // was 0.05\n", "")]
    [InlineData("Pricing:Currency", "    \"Discount\": 0.10, // was 0.05\n    \"Currency\": \"EUR\"\n", "    \"Discount\": 0.10 // was 0.05\n")]
    [InlineData("Fast", "  \"Zones\": [\"eu\", \"us\"],\n  \"Fast\": true\n", "  \"Zones\": [\"eu\", \"us\"]\n")]
    [InlineData("Zones:0", "[\"eu\", \"us\"]", "[\"us\"]")]
    public void Removing_a_json_key_takes_its_comma_and_the_comment_on_its_line_with_it(string key, string before, string after) =>
        Assert.Equal(Json.Replace(before, after, StringComparison.Ordinal), Remove(ConfigFormat.Json, Json, key));

    [Theory]
    [InlineData("{\n  // about a\n  \"a\": 1, // one\n  // about b\n  \"b\": 2 // two\n}\n", "a", "{\n  // about a\n  // about b\n  \"b\": 2 // two\n}\n")]
    [InlineData("{\n  \"a\": 1, // one\n  // about b\n  \"b\": 2 /* two */\n}\n", "b", "{\n  \"a\": 1 // one\n  // about b\n}\n")]
    [InlineData("{\n  \"a\": 1, \"b\": 2 // both\n}\n", "b", "{\n  \"a\": 1 // both\n}\n")]
    [InlineData("{\r\n  \"a\": 1,\r\n  \"b\": 2\r\n}\r\n", "a", "{\r\n  \"b\": 2\r\n}\r\n")]
    public void Comments_on_lines_of_their_own_stay(string before, string key, string after) =>
        Assert.Equal(after, Remove(ConfigFormat.Json, before, key));

    [Theory]
    [InlineData("{\n  \"z\": 1 // last\n}\n", "{\n  \"z\": 1, // last\n  \"y\": \"2\"\n}\n")]
    [InlineData("{\n  \"z\": 1, // last\n  // end\n}\n", "{\n  \"z\": 1, // last\n  \"y\": \"2\",\n  // end\n}\n")]
    [InlineData("{\n  \"z\": 1 /* last */ }\n", "{\n  \"z\": 1, /* last */\n  \"y\": \"2\" }\n")]
    [InlineData("{\n  \"z\": 1 /* a\n b */\n}\n", "{\n  \"z\": 1,\n  \"y\": \"2\" /* a\n b */\n}\n")]
    public void A_new_json_key_leaves_the_last_ones_comment_where_it_is(string before, string after) =>
        Assert.Equal(after, Set(ConfigFormat.Json, before, "y", "2"));

    [Fact]
    public void New_lines_are_written_as_the_document_writes_them() =>
        Assert.Equal("{\r\n  \"a\": 1,\r\n  \"b\": {\r\n    \"c\": \"x\"\r\n  }\r\n}\r\n", Set(ConfigFormat.Json, "{\r\n  \"a\": 1\r\n}\r\n", "b:c", "x"));

    [Theory]
    [InlineData(ConfigFormat.Json, "{\n  \"a\": \"ü 漢 😀 \\\"<&>\\\"\"\n}\n")]
    [InlineData(ConfigFormat.Yaml, "a: \"ü 漢 😀 \\\"<&>\\\"\"\n")]
    public void Characters_of_all_scripts_are_written_as_they_are(ConfigFormat format, string expected) =>
        Assert.Equal(expected, Set(format, "", "a", "ü 漢 😀 \"<&>\""));

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

    private const string Yaml = "# top\nserver:\n  # the port\n  port: 8080 # http\n  name: 'a'\n\n# lists\nlist:\n  - x\n  - y # why\nnested:\n  only:\n    one: 1\ntext: |\n  some\n\n  text\nempty:\nlast: 1\n";

    [Theory]
    [InlineData("server:port", "  port: 8080 # http\n", "")]
    [InlineData("server.name", "  name: 'a'\n", "")]
    [InlineData("server", "server:\n  # the port\n  port: 8080 # http\n  name: 'a'\n", "")]
    [InlineData("list", "list:\n  - x\n  - y # why\n", "")]
    [InlineData("nested:only:one", "nested:\n  only:\n    one: 1\n", "")]
    [InlineData("text", "text: |\n  some\n\n  text\n", "")]
    [InlineData("empty", "empty:\n", "")]
    [InlineData("LAST", "last: 1\n", "")]
    public void Removing_a_yaml_key_removes_its_lines_only(string key, string before, string after)
    {
        Assert.Equal(Yaml.Replace(before, after, StringComparison.Ordinal), Remove(ConfigFormat.Yaml, Yaml, key));
        var windows = Yaml.ReplaceLineEndings("\r\n");
        Assert.Equal(windows.Replace(before.ReplaceLineEndings("\r\n"), after, StringComparison.Ordinal), Remove(ConfigFormat.Yaml, windows, key));
    }

    [Theory]
    [InlineData("a: 1\nlist: [x, y]\n", "list", "a: 1\n")]
    [InlineData("a: 1\nlist: [x, y]\nmap: {k: 1} # why\n", "map", "a: 1\nlist: [x, y]\n")]
    [InlineData("a: 1\nlist: [x, y] # why\nb: 2", "list", "a: 1\nb: 2")]
    [InlineData("a: 1\nb:\n  - 1", "b", "a: 1\n")]
    public void Removing_a_yaml_key_with_a_flow_value(string before, string key, string after) =>
        Assert.Equal(after, Remove(ConfigFormat.Yaml, before, key));

    /// <summary>A list replaces the list of a lower layer as a whole, a mapping of numbers would not.</summary>
    [Theory]
    [InlineData(ConfigFormat.Json, "", "list:0", "{\n  \"list\": [\n    \"x\"\n  ]\n}\n")]
    [InlineData(ConfigFormat.Json, "", "a:list:0:name", "{\n  \"a\": {\n    \"list\": [\n      {\n        \"name\": \"x\"\n      }\n    ]\n  }\n}\n")]
    [InlineData(ConfigFormat.Yaml, "", "list:0", "list:\n  - \"x\"\n")]
    [InlineData(ConfigFormat.Yaml, "b: 1\n", "a:list:0:name", "b: 1\na:\n  list:\n    - name: \"x\"\n")]
    [InlineData(ConfigFormat.Yaml, "list:\n", "list:0", "list:\n  - \"x\"\n")]
    [InlineData(ConfigFormat.Properties, "", "list:0", "list[0]=x\n")]
    public void The_first_element_of_a_new_list_makes_a_list(ConfigFormat format, string before, string key, string after)
    {
        var edited = Set(format, before, key, "x");

        Assert.Equal(after, edited);
        Assert.Contains($"{key}=x", Settings(format, edited));
    }

    [Fact]
    public void Removing_the_only_yaml_key_leaves_the_comments() =>
        Assert.Equal("# top\n", Remove(ConfigFormat.Yaml, "# top\na: 1 # one\n", "a"));

    [Theory]
    [InlineData("list:2", "z", "  - y # why\n", "  - y # why\n  - \"z\"\n")]
    [InlineData("empty:a", "z", "empty:\n", "empty:\n  a: \"z\"\n")]
    [InlineData("empty:a:b", "z", "empty:\n", "empty:\n  a:\n    b: \"z\"\n")]
    public void Yaml_lists_and_empty_places_take_new_values(string key, string value, string before, string after) =>
        Assert.Equal(Yaml.Replace(before, after, StringComparison.Ordinal), Set(ConfigFormat.Yaml, Yaml, key, value));

    [Theory]
    [InlineData("a: {b: 1, c: 2}\n", "a:b")]
    [InlineData("a:\n  - b: 1\n    c: 2\n", "a:0:b")]
    [InlineData("a:\n  - 1\n  - 2\n", "a:0")]
    [InlineData("a: &x\n  b: 1\nc: *x\n", "a")]
    [InlineData("? a\n: 1\nb: 2\n", "a")]
    public void What_cannot_be_removed_safely_is_refused(string text, string key) =>
        ConfigErrors.Of(() => Remove(ConfigFormat.Yaml, text, key), ConfigErrorCode.CannotEdit, "remove");

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
        ConfigErrors.Of(() => Remove(ConfigFormat.Yaml, "b: 1\n", "a"), ConfigErrorCode.UnknownKey, "remove");
        ConfigErrors.Of(() => Remove(ConfigFormat.Yaml, "", "a"), ConfigErrorCode.UnknownKey, "remove");
        ConfigErrors.Of(() => Set(ConfigFormat.Properties, "", "a..b", "1"), ConfigErrorCode.InvalidKey, "set");
    }

    /// <summary>Any edit of any document gives the settings that a map would, and keeps every comment.</summary>
    [Theory]
    [InlineData(ConfigFormat.Json)]
    [InlineData(ConfigFormat.Properties)]
    [InlineData(ConfigFormat.Yaml)]
    public void Random_edits_do_what_they_would_do_to_a_map(ConfigFormat format)
    {
        var key = Gen.Select(Gen.Char["ab"], Gen.Char["cd"], Gen.Char["ef"]).Select(static parts => $"{parts.Item1}:{parts.Item2}:{parts.Item3}");
        var value = Gen.String[Gen.Char[" a=:#!\\\"'{}[],/*\tü\n"], 0, 6];
        var edit = Gen.Select(key, value, Gen.Bool);
        Gen.Select(edit.Array[1, 12], Gen.Bool).Sample(input =>
        {
            var (edits, oneLine) = input;
            var text = format != ConfigFormat.Json ? "# kept\n" : oneLine ? "{ /* kept */ }" : "{\n  // kept\n}\n";
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
