using System.Text.RegularExpressions;

namespace Concord.Tests.Rules;

/// <summary>House rules that no analyzer knows.</summary>
public sealed partial class SourceRulesTests
{
    /// <summary>A file that needs more has grown a second subject.</summary>
    private const int LinesMax = 600;

    [Fact]
    public void No_source_file_outgrows_its_subject() => Assert.All(
        Repository.SourceFiles("src"),
        file => Assert.True(File.ReadLines(file).Count() <= LinesMax, $"{file} has more than {LinesMax} lines"));

    [Fact]
    public void No_leftovers() => Assert.All(
        Repository.SourceFiles("src"),
        file => Assert.False(Leftover().IsMatch(File.ReadAllText(file)), $"{file} holds a leftover marker or an unwritten body"));

    [Fact]
    public void Tests_wait_for_conditions_not_for_time() => Assert.All(
        Repository.SourceFiles("tests").Where(file => !file.EndsWith("SourceRulesTests.cs", StringComparison.Ordinal)),
        file => Assert.False(Sleep().IsMatch(File.ReadAllText(file)), $"{file} sleeps"));

    [Fact]
    public void Log_event_ids_are_unique_across_the_product()
    {
        var ids = Repository.SourceFiles("src")
            .SelectMany(file => EventId().Matches(File.ReadAllText(file)).Select(match => (Id: match.Groups["id"].Value, file)))
            .ToList();
        var twice = ids.GroupBy(entry => entry.Id).Where(group => group.Count() > 1).Select(group => $"{group.Key}: {string.Join(", ", group.Select(entry => entry.file))}").ToList();

        Assert.NotEmpty(ids);
        Assert.True(twice.Count == 0, "Used twice: " + string.Join("; ", twice));
    }

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex Leftover();

    [GeneratedRegex(@"Task\.Delay|Thread\.Sleep")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:EventId\s*=\s*)?(?<id>\d+)")]
    private static partial Regex EventId();
}
