using Concord.Cli.Output;

namespace Concord.Cli.Access;

internal static class AccessReport
{
    public static ExitCode Write(Invocation call, AccessJson status, string sentence)
    {
        if (call.WantsJson)
            call.WriteJson(status, OutputJson.Pretty.AccessJson);
        else
            call.Screen.Line(sentence);
        return ExitCode.Ok;
    }

    public static ExitCode Write(Invocation call, AccessChanged change, string sentence)
    {
        if (call.WantsJson)
            call.WriteJson(change, OutputJson.Pretty.AccessChanged);
        else
            call.Screen.Line(sentence);
        return ExitCode.Ok;
    }
}
