using Concord.Server.Cluster;

namespace Concord.Tests.Settings;

public sealed class AutoCompactionTests
{
    [Theory]
    [InlineData("periodic", "0", 0, 0)]
    [InlineData("periodic", "0s", 0, 0)]
    [InlineData("periodic", "5", 5 * 3600, 0)]
    [InlineData("periodic", "30m", 1800, 0)]
    [InlineData("periodic", "1h30m", 5400, 0)]
    [InlineData("periodic", "1.5h", 5400, 0)]
    [InlineData("periodic", "1500ms", 1.5, 0)]
    [InlineData("revision", "1000", 0, 1000)]
    [InlineData("revision", "0", 0, 0)]
    public void A_retention_is_read_as_etcd_reads_it(string mode, string text, double seconds, long revisions)
    {
        Assert.Null(AutoCompaction.Parse(mode, text, out var compaction));
        Assert.Equal(new(TimeSpan.FromSeconds(seconds), revisions), compaction);
        Assert.Equal(seconds == 0 && revisions == 0, compaction.IsOff);
    }

    [Theory]
    [InlineData("periodic", "soon")]
    [InlineData("periodic", "-1h")]
    [InlineData("periodic", "1d")]
    [InlineData("periodic", "h")]
    [InlineData("periodic", "1h2")]
    [InlineData("periodic", "10ms")]
    [InlineData("periodic", "999999999999h")]
    [InlineData("periodic", "99999999999999999999")]
    [InlineData("revision", "10m")]
    [InlineData("revision", "-5")]
    public void What_is_none_is_refused_with_the_remedy(string mode, string text)
    {
        Assert.Contains("write", AutoCompaction.Parse(mode, text, out _)!, StringComparison.Ordinal);
        var problems = ServerOptionsReader.Read(
            new Dictionary<string, string> { ["auto-compaction-mode"] = mode, ["auto-compaction-retention"] = text }, _ => null).Problems;
        Assert.Equal("--auto-compaction-retention", Assert.Single(problems).Where);
    }
}
