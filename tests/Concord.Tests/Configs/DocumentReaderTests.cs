using System.Text;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;
using Microsoft.Extensions.Configuration;

namespace Concord.Tests.Configs;

public sealed class DocumentReaderTests
{
    [Fact]
    public void Json_keeps_numbers_as_written_and_null_is_empty() => Assert.Equal(
        "A:B=1.50 A:C=true A:D= A:E=1e3 List:0=x List:1:k=v",
        Read(ConfigFormat.Json, """
            {
              // comment
              "A": { "B": 1.50, "C": true, "D": null, "E": 1e3 },
              "List": [ "x", { "k": "v" }, ], /* trailing comma */
            }
            """));

    [Fact]
    public void Json_gives_the_keys_and_values_of_the_framework_but_for_booleans()
    {
        const string Json = """{"a:b":{"c":[1,[2,3],{"d":"x"}]},"E":"ü","f":true,"g":-0.10,"h":{}}""";
        Assert.Equal(Framework(Json, static (builder, stream) => builder.AddJsonStream(stream)).Replace("True", "true", StringComparison.Ordinal), Read(ConfigFormat.Json, Json));
    }

    [Theory]
    [InlineData("<r><a x='1'>text</a><b><c>2</c></b></r>")]
    [InlineData("<r><s Name='first'><k>1</k></s><s Name='second'><k>2</k></s></r>")]
    [InlineData("<r><s>1</s><s>2</s><t k='v'/></r>")]
    [InlineData("<r top='1'><a><![CDATA[<x>]]></a><!-- no --></r>")]
    public void Xml_gives_the_keys_and_values_of_the_framework(string xml) =>
        Assert.Equal(Framework(xml, static (builder, stream) => builder.AddXmlStream(stream)), Read(ConfigFormat.Xml, xml));

    [Fact]
    public void Yaml_with_anchors_merge_keys_and_kinds() => Assert.Equal(
        "base:a=1 base:b=two blank= copy:a=1 copy:b=own list:0=x list:1=true nested:deep:k=0x1F no=no text=one line",
        Read(ConfigFormat.Yaml, """
            # comment
            base: &base
              a: 1
              b: two
            copy:
              <<: *base
              b: own
            list: [x, True]
            blank: ~
            nested: { deep: { k: 0x1F } }
            no: no
            text: >-
              one
              line
            """));

    [Fact]
    public void Properties_in_the_syntax_of_java() => Assert.Equal(
        "a:b=1 colon=x:y empty= list:0=p list:1:k=q long=one two path:Microsoft.Net=ä tab=\ta",
        Read(ConfigFormat.Properties, "# comment\n! other\na.b = 1\ncolon: x:y\nempty\nlist[0]=p\nlist[1].k=q\nlong=one \\\n   two\npath.Microsoft\\.Net=\\u00e4\ntab=\\ta\n"));

    [Fact]
    public void Toml_tables_lists_and_dates() => Assert.Equal(
        "a:b:0:k=1 a:b:1:k=2 flag=true n=1000 t:when=2026-01-02T03:04:05Z t:x=y",
        Read(ConfigFormat.Toml, "n = 1_000\nflag = true\nt.x = 'y'\nt.when = 2026-01-02T03:04:05Z\n[[a.b]]\nk = 1\n[[a.b]]\nk = 2\n"));

    [Fact]
    public void Plain_text_is_one_value_under_the_name() =>
        Assert.Equal("motd=hello\n", Read(ConfigFormat.Text, "hello\n", "motd"));

    [Theory]
    [InlineData(ConfigFormat.Json, "{\n  \"a\": 1,\n  \"b\" 2\n}", 3, 7)]
    [InlineData(ConfigFormat.Json, "{\"a\": 1,\n \"A\": 2}", 2, 2)]
    [InlineData(ConfigFormat.Json, "[1]", 1, 1)]
    [InlineData(ConfigFormat.Json, "{\"ü\": 1} x", 1, 10)]
    [InlineData(ConfigFormat.Yaml, "a: 1\nb: [1, 2\n", 3, 1)]
    [InlineData(ConfigFormat.Yaml, "a: 1\na: 2\n", 2, 4)]
    [InlineData(ConfigFormat.Yaml, "a: *nowhere\n", 1, 4)]
    [InlineData(ConfigFormat.Yaml, "a: !secret x\n", 1, 4)]
    [InlineData(ConfigFormat.Yaml, "a: 1\n---\nb: 2\n", 2, 1)]
    [InlineData(ConfigFormat.Properties, "a=1\n\nb=\\u12", 3, 3)]
    [InlineData(ConfigFormat.Properties, "a=1\nA=2\n", 2, 1)]
    [InlineData(ConfigFormat.Properties, "l[1]=x\n", 1, 1)]
    [InlineData(ConfigFormat.Toml, "a = 1\nb = = 2\n", 2, 5)]
    [InlineData(ConfigFormat.Xml, "<r>\n<a></b></r>", 2, 6)]
    [InlineData(ConfigFormat.Xml, "<!-- c -->\n <!DOCTYPE r [<!ENTITY x 'y'>]><r/>", 2, 2)]
    public void A_malformed_document_is_refused_with_line_and_column(ConfigFormat format, string text, int line, int column)
    {
        var error = ConfigErrors.Of(() => Read(format, text), ConfigErrorCode.MalformedDocument, "document.content");
        Assert.Equal((line, column), (error.Line, error.Column));
    }

    [Fact]
    public void Aliases_of_aliases_are_stopped()
    {
        var bomb = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (var i = 1; i < 10; i++)
        {
            bomb.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        ConfigErrors.Of(() => Read(ConfigFormat.Yaml, bomb.ToString()), ConfigErrorCode.TooLarge, "document.content");
    }

    [Theory]
    [InlineData(ConfigFormat.Yaml, "[", "]")]
    [InlineData(ConfigFormat.Toml, "[", "]")]
    public void Deep_nesting_is_stopped_before_it_reaches_the_stack(ConfigFormat format, string open, string close)
    {
        var text = (format == ConfigFormat.Toml ? "a = " : "a: ") + string.Concat(Enumerable.Repeat(open, 100)) + string.Concat(Enumerable.Repeat(close, 100));
        ConfigErrors.Of(() => Read(format, text), ConfigErrorCode.TooLarge, "document.content");
    }

    [Fact]
    public void Too_many_keys_and_too_many_bytes_are_refused()
    {
        var many = string.Concat(Enumerable.Range(0, ConfigLimits.KeysPerDocument + 1).Select(static i => $"k{i}=1\n"));
        ConfigErrors.Of(() => Read(ConfigFormat.Properties, many), ConfigErrorCode.TooLarge, "document.content");
        ConfigErrors.Of(() => ConfigDocument.From(ConfigFormat.Text, new string('ä', (ConfigLimits.DocumentBytes / 2) + 1)), ConfigErrorCode.TooLarge, "document.content");
    }

    [Fact]
    public void Keys_are_ordered_by_their_bytes() => Assert.Equal(
        ["A", "B", "a", "\uE000", "\U0001F600"],
        new[] { "\U0001F600", "a", "\uE000", "B", "A" }.Order(KeyText.ByteOrder));

    private static string Read(ConfigFormat format, string text, string name = "application") =>
        string.Join(' ', FlatSettings.Of(new ConfigDocument(format, text).Parse(name)).Select(static setting => $"{setting.Key}={setting.Value.Text}"));

    private static string Framework(string text, Action<IConfigurationBuilder, Stream> add)
    {
        var builder = new ConfigurationBuilder();
        add(builder, new MemoryStream(Encoding.UTF8.GetBytes(text)));
        return string.Join(' ', builder.Build().AsEnumerable().Where(static pair => pair.Value is not null).OrderBy(static pair => pair.Key, KeyText.ByteOrder).Select(static pair => $"{pair.Key}={pair.Value}"));
    }
}
