using Concord.Client.Configs;
using CsCheck;

namespace Concord.Tests.Client;

public sealed class ConfigurationPathTests
{
    private static readonly Gen<string> Word = Gen.String[Gen.Char["abz09._-"], 1, 5];

    [Fact]
    public void What_a_path_writes_it_reads_back() =>
        Gen.Select(Word, Word, Word, Gen.Dictionary(Word, Gen.String[Gen.Char["abz09=@/ "], 0, 4])[0, 3]).Sample((application, environment, name, labels) =>
        {
            var path = new ConfigurationPath(application, environment, name, labels);

            Assert.Equal(path, ConfigurationPath.Parse(path.ToString()));
        });

    [Theory]
    [InlineData("orders/prod", "orders/prod/application")]
    [InlineData("orders/prod/limits", "orders/prod/limits")]
    [InlineData("orders/prod@zone=eu", "orders/prod/application@zone=eu")]
    [InlineData("orders/prod@zone=eu,app=x", "orders/prod/application@app=x,zone=eu")]
    [InlineData("orders/prod@zone=", "orders/prod/application@zone=")]
    public void The_short_forms_mean_the_full_one(string text, string full) =>
        Assert.Equal(full, ConfigurationPath.Parse(text).ToString());

    [Theory]
    [InlineData("orders", "is not APP/ENV")]
    [InlineData("orders//x", "is not APP/ENV")]
    [InlineData("/prod", "is not APP/ENV")]
    [InlineData("a/b/c/d", "is not APP/ENV")]
    [InlineData("a/b@", "'' in 'a/b@' is not LABEL=VALUE")]
    [InlineData("a/b@=x", "'=x' in 'a/b@=x' is not LABEL=VALUE")]
    [InlineData("a/b@x=1,x=2", "the label 'x' is given twice")]
    public void What_is_no_path_is_told(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<FormatException>(() => ConfigurationPath.Parse(text)).Message, StringComparison.Ordinal);
}
