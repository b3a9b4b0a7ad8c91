using Microsoft.Extensions.Options;

namespace Concord.Extensions.Live;

/// <summary>Words for people who read a rejection on the server, far from this process.</summary>
internal static class OptionsFault
{
    public static string NameOf(Type type, string name) => name.Length == 0 ? type.Name : $"{type.Name} '{name}'";

    public static string Describe(Exception error) => error switch
    {
        OptionsValidationException validation => string.Join(" ", validation.Failures),
        // The binder names key and type outside and the reason inside.
        { InnerException: { } inner } when !error.Message.Contains(inner.Message, StringComparison.Ordinal) =>
            $"{error.Message} {Describe(inner)}",
        _ => error.Message,
    };
}
