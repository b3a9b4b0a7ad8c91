using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

/// <summary>The JSON form of one release with its changes.</summary>
internal sealed record ShownRelease
{
    public required long Number { get; init; }

    public required long Revision { get; init; }

    public required string Author { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required string Message { get; init; }

    public required long? RollbackTo { get; init; }

    public required IReadOnlyList<ReleaseItem> Items { get; init; }

    public required IReadOnlyList<KeyChange> Changes { get; init; }

    public static ShownRelease Of(ReleaseDetails details) => new()
    {
        Number = details.Release.Number,
        Revision = details.Release.Revision,
        Author = details.Release.Author,
        Time = details.Release.Time,
        Message = details.Release.Message,
        RollbackTo = details.Release.RollbackTo,
        Items = details.Release.Items,
        Changes = details.Changes,
    };
}

internal sealed class ShowCommand : CliCommand
{
    private readonly Argument<long?> _number = NumberOption.Release("RELEASE", "The number of the release");

    public ShowCommand()
        : base("show", "Show one release: who, when, why, and what it changed.")
    {
        Add(_number);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord config show 12"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var number = call.Get(_number)!.Value;
        var details = await call.Client.Configs.GetReleaseAsync(number, stop)
            ?? throw new CommandException(ExitCode.NotFound, $"There is no release {number}.", "See them: concord config history");
        if (call.WantsJson)
            call.WriteJson(ShownRelease.Of(details), OutputJson.Pretty.ShownRelease);
        else
            Write(call, details);
        return ExitCode.Ok;
    }

    private static void Write(Invocation call, ReleaseDetails details)
    {
        var (screen, release) = (call.Screen, details.Release);
        screen.Line(Ink.Strong($"Release {release.Number}"), Ink.Dim($"  revision {release.Revision}"));
        screen.Line(Ink.Dim("by    "), Visible.Of(release.Author));
        screen.Line(
            Ink.Dim("at    "), Moment.Local(release.Time, call.Host.Time), Ink.Dim($" ({Moment.Ago(release.Time, call.Host.Time)})"));
        screen.Line(Ink.Dim("why   "), Visible.Of(release.Message));
        if (release.RollbackTo is { } to)
            screen.Line(Ink.Dim("how   "), $"back to what release {to} left");
        foreach (var item in release.Items.Where(item => item.Removed))
            screen.Line(Ink.Dim("withdraws "), new Ink(item.Path.ToString(), Palette.Removed));
        screen.Line();

        var changed = details.Changes.Select(change => change.Path).ToHashSet();
        var diff = new ConfigurationDiff
        {
            Changes = details.Changes,
            TextOnly = [.. release.Items.Where(item => !item.Removed && !changed.Contains(item.Path)).Select(item => item.Path)],
        };
        ChangeList.Write(screen, diff);
        screen.Line(Ink.Dim(ChangeList.Summary(diff)));
    }
}
