using Concord.Cli.Output;
using Concord.Client.Registry;

namespace Concord.Cli.Services;

/// <summary>Services and instances for eyes.</summary>
internal static class ServiceText
{
    public static string Word(InstanceState state) => state.ToString().ToLowerInvariant();

    public static Ink State(InstanceState state, bool held) => new(
        $"{Word(state)}{(held ? ", held" : "")}",
        state switch
        {
            InstanceState.Passing when !held => Palette.Added,
            InstanceState.Critical => Palette.Removed,
            _ => Palette.Changed,
        });

    public static string Endpoints(ServiceInstance one) => Visible.Of(string.Join(' ', one.Endpoints.Select(endpoint => endpoint.ToString())));

    /// <summary>What callers should know of an answer that is not what it seems.</summary>
    public static void Warn(Invocation call, IEnumerable<ServiceSummary> services, bool askedHealthy)
    {
        if (call.WantsJson)
            return;
        foreach (var one in services)
        {
            if (one.Panic && askedHealthy)
            {
                call.ErrorScreen.Line(
                    new Ink("panic: ", Palette.Warning),
                    $"only {one.Healthy} of {one.Total} instances of {Visible.Of(one.Name)} are healthy, fewer than {one.PanicPercent} %: the critical ones are shown too.");
            }

            if (one.Held > 0)
            {
                call.ErrorScreen.Line(
                    new Ink("held: ", Palette.Warning),
                    $"{one.Held} of {one.Total} instances of {Visible.Of(one.Name)} gave no sign of life and are kept, because too many went at once.");
            }
        }
    }

    public static ExitCode Changed(Invocation call, ServiceChangedJson change, string sentence)
    {
        if (call.WantsJson)
            call.WriteJson(change, OutputJson.Pretty.ServiceChangedJson);
        else
            call.Screen.Line(sentence);
        return ExitCode.Ok;
    }
}
