using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

/// <summary>What a command that wrote a draft says: the draft, what publishing it would change, and the next step.</summary>
internal static class DraftReport
{
    public static async Task<ExitCode> WriteAsync(Invocation call, ConfigurationDraft draft, CancellationToken stop)
    {
        if (call.WantsJson)
        {
            call.WriteJson(draft, OutputJson.Pretty.ConfigurationDraft);
            return ExitCode.Ok;
        }

        var diff = await call.Client.Configs.DiffDraftsAsync([ReleaseTarget.Of(draft.Path)], stop);
        if (diff.IsEmpty)
        {
            call.Screen.Line("The draft of ", Ink.Strong(draft.Path.ToString()), " equals what is published.");
            return ExitCode.Ok;
        }

        call.Screen.Line("Draft saved; publishing it will change:");
        ChangeList.Write(call.Screen, diff);
        call.Screen.Hint($"Publish it:  concord config publish {draft.Path} -m 'why'");
        return ExitCode.Ok;
    }
}
