using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;

namespace Concord.Tests.Configs;

public sealed class InterpolationTests
{
    [Theory]
    [InlineData("a=1\nb=x${a}y${A}\n", "x1y1")]
    [InlineData("a=${c}\nc=2\nb=${a}\n", "2")]
    [InlineData("zone=eu\nhosts.eu=h1\nb=${hosts:${zone}}\n", "h1")]
    [InlineData("hosts.eu=h1\nb=${hosts.eu}\n", "h1")]
    [InlineData("b=$${a} costs $5 $$\n", "${a} costs $5 $$")]
    [InlineData("a=}\nb={${a}}\n", "{}}")]
    [InlineData("a=$${x}\nb=${a}\n", "${x}")]
    public void References_are_filled_in(string properties, string expected)
    {
        var (values, problems) = Resolve(properties);
        Assert.Empty(problems);
        Assert.Equal(expected, values["b"]);
    }

    [Fact]
    public void A_circle_is_named_by_its_keys_and_nothing_in_it_changes()
    {
        var (values, problems) = Resolve("a=${b}\nb=x${c}\nc=${a}\nd=${a}\ne=fine\n");

        Assert.Equal(["${b}", "x${c}", "${a}", "${a}", "fine"], values.Values);
        Assert.Equal(
            [
                "a: it refers to itself: a → b → c → a.",
                "b: it refers to itself: a → b → c → a.",
                "c: it refers to itself: a → b → c → a.",
                "d: it refers to 'a', which cannot be resolved.",
            ],
            problems.Select(static problem => problem.Message).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Keys_that_lead_into_a_circle_are_not_part_of_it()
    {
        var (_, problems) = Resolve("a=${b}\nb=${c}\nc=${b}\n");

        Assert.Equal("a: it refers to 'b', which cannot be resolved.", problems.Single(static problem => problem.Key == "a").Message);
        Assert.Equal("b: it refers to itself: b → c → b.", problems.Single(static problem => problem.Key == "b").Message);
    }

    [Theory]
    [InlineData("b=${nowhere}\n", "b: there is no key 'nowhere' to refer to.")]
    [InlineData("b=${open\n", "b: a reference '${' has no '}'; write '$${' for the text '${'.")]
    [InlineData("g.x=1\nb=${g}\n", "b: there is no key 'g' to refer to.")]
    public void What_cannot_be_resolved_keeps_its_text(string properties, string problem)
    {
        var (values, problems) = Resolve(properties);
        Assert.Equal(problem, Assert.Single(problems).Message);
        Assert.StartsWith("${", values["b"], StringComparison.Ordinal);
    }

    [Fact]
    public void Doubling_references_are_stopped_by_size()
    {
        var doubling = "k0=" + new string('x', 100) + "\n" + string.Concat(Enumerable.Range(1, 30).Select(static i => $"k{i}=${{k{i - 1}}}${{k{i - 1}}}\n"));
        var (values, problems) = Resolve(doubling);
        Assert.Contains(problems, static problem => problem.Code == ConfigErrorCode.TooLarge);
        Assert.All(values.Values, static value => Assert.True(value.Length <= ConfigLimits.InterpolatedCharacters));
    }

    [Fact]
    public void A_chain_of_thousands_is_stopped_before_it_reaches_the_stack()
    {
        var chain = "k00000=x\n" + string.Concat(Enumerable.Range(1, 9_000).Select(static i => $"k{i:D5}=${{k{i - 1:D5}}}\n"));
        var backwards = "z=${k09000}\nk09000=${k08999}\n" + string.Concat(Enumerable.Range(1, 8_999).Select(static i => $"k{i:D5}=${{k{i + 1:D5}}}\n"));
        Assert.Empty(Resolve(chain).Problems);
        Assert.Contains(Resolve(backwards).Problems, static problem => problem.Code == ConfigErrorCode.TooLarge);
    }

    private static (Dictionary<string, string> Values, List<ViewProblem> Problems) Resolve(string properties)
    {
        var settings = FlatSettings.Of(new ConfigDocument(ConfigFormat.Properties, properties).Parse("x"));
        var (values, problems) = Interpolation.Resolve(settings);
        return (settings.Zip(values).ToDictionary(static pair => pair.First.Key, static pair => pair.Second), problems);
    }
}
