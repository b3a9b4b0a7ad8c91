using Concord.Protocol.Etcd;
using Concord.Server.Cluster;
using Concord.Tests.Rules;

namespace Concord.Tests.Settings;

public sealed class EtcdFlagsTests
{
    private static readonly string[] Ours = ["dev", "otlp-endpoint", "otlp-protocol"];

    [Fact]
    public void What_has_no_effect_is_taken_and_said()
    {
        var (options, problems) = Read(("max-wals", "5"), ("logger", "zap"));

        Assert.Empty(problems);
        Assert.Equal(2, options.WithoutEffect.Count);
        Assert.Contains(options.WithoutEffect, text => text.StartsWith("--max-wals has no effect: ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("pre-vote", "true", null)]
    [InlineData("pre-vote", "false", "a member that was cut off")]
    [InlineData("enable-v2", "false", null)]
    [InlineData("enable-v2", "true", "the v2 API does not exist here")]
    [InlineData("wal-dir", "/fast", "--data-dir")]
    [InlineData("cors", "*", "gateway")]
    public void What_would_be_missed_is_refused_with_the_remedy(string flag, string value, string? remedy)
    {
        var (options, problems) = Read((flag, value));

        Assert.Empty(options.WithoutEffect);
        if (remedy is null)
        {
            Assert.Empty(problems);
        }
        else
        {
            var problem = Assert.Single(problems);
            Assert.Equal($"--{flag}", problem.Where);
            Assert.Contains(remedy, problem.What, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("5s", 5_000)]
    [InlineData("5000", 5_000)]
    [InlineData("1m30s", 90_000)]
    public void Times_are_written_as_etcd_writes_them_or_in_milliseconds(string text, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Read(("watch-progress-notify-interval", text)).Options.WatchProgressNotifyInterval);

    [Theory]
    [InlineData("5 s")]
    [InlineData("99ms")]
    [InlineData("5d")]
    [InlineData("")]
    public void Other_times_are_refused(string text) =>
        Assert.Contains("milliseconds, or a time such as 5s", Assert.Single(Read(("watch-progress-notify-interval", text)).Problems).What, StringComparison.Ordinal);

    [Fact]
    public void The_page_on_compatibility_names_every_flag_and_every_method()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "etcd-compatibility.md"));

        Assert.All(ServerFlags.All, flag => Assert.Contains($"`{flag.Option}`", page, StringComparison.Ordinal));
        Assert.All(
            new[] { EtcdserverpbReflection.Descriptor, V3LockpbReflection.Descriptor, V3ElectionpbReflection.Descriptor }.SelectMany(file => file.Services).SelectMany(service => service.Methods),
            method => Assert.Matches($@"\b{method.Name}\b", page));
        Assert.All(Ours, name => Assert.Contains(ServerFlags.All, flag => flag.Name == name));
    }

    private static (ServerOptions Options, IReadOnlyList<OptionProblem> Problems) Read(params (string Name, string Value)[] flags) =>
        ServerOptionsReader.Read(flags.ToDictionary(flag => flag.Name, flag => flag.Value), static _ => null);
}
