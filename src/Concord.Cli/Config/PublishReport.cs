using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

/// <summary>The JSON form of a release that was just made, or would be.</summary>
internal sealed record PublishedRelease
{
    public required long Release { get; init; }

    public required long Revision { get; init; }

    public required bool DryRun { get; init; }

    public required IReadOnlyList<KeyChange> Changes { get; init; }

    public required IReadOnlyList<ConfigurationPath> TextOnly { get; init; }
}

/// <summary>What publish and rollback say: exactly what changed.</summary>
internal static class PublishReport
{
    public static void Write(Invocation call, PublishResult result, string done)
    {
        if (call.WantsJson)
        {
            call.WriteJson(Document(result), OutputJson.Pretty.PublishedRelease);
            return;
        }

        if (result.DryRun)
            call.Screen.Line(new Ink("Dry run", Palette.Warning), $": nothing is written. It would be release {result.Release}.");
        else
            call.Screen.Line(new Ink(done, Palette.Added), Ink.Dim($"  revision {result.Revision}"));
        ChangeList.Write(call.Screen, result.Diff);
        call.Screen.Line(Ink.Dim(ChangeList.Summary(result.Diff)));
    }

    private static PublishedRelease Document(PublishResult result) => new()
    {
        Release = result.Release,
        Revision = result.Revision,
        DryRun = result.DryRun,
        Changes = result.Diff.Changes,
        TextOnly = result.Diff.TextOnly,
    };
}
