using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Rest;

/// <summary>
/// Reads JSON bodies. Unknown members are refused: a misspelt one would be ignored silently. So are nulls in lists and
/// maps, which the types do not allow but the deserializer lets through.
/// </summary>
internal static partial class JsonBody
{
    private const string Remedy = "See /docs for the members of the body.";

    public static T Read<T>(string text, JsonTypeInfo<T> type)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw Invalid("The body is empty.", "body", Remedy);
        }

        try
        {
            return JsonSerializer.Deserialize(text, type) ?? throw Invalid("The body is null.", "body", Remedy);
        }
        catch (JsonException e)
        {
            var field = e.Path is { Length: > 2 } path ? path[2..] : "body";
            throw new ConfigException(
                new ConfigError(ConfigErrorCode.InvalidRequest, $"The body is not what is expected here: {Reason(e, field)}", field, Remedy)
                {
                    Line = (int)(e.LineNumber ?? -1) + 1,
                    Column = (int)(e.BytePositionInLine ?? -1) + 1,
                },
                e);
        }
    }

    public static IReadOnlyList<T> NotNull<T>(IReadOnlyList<T>? items, string field)
        where T : class
    {
        for (var i = 0; i < items?.Count; i++)
        {
            Require(items[i], $"{field}[{i}]");
        }

        return items ?? [];
    }

    public static IReadOnlyDictionary<string, string> NotNull(IReadOnlyDictionary<string, string>? items, string field)
    {
        foreach (var (key, value) in items ?? new Dictionary<string, string>())
        {
            Require(value, $"{field}.{key}");
        }

        return items ?? new Dictionary<string, string>();
    }

    private static void Require(object? value, string field)
    {
        if (value is null)
        {
            throw Invalid($"'{ConfigNames.Shorten(field)}' is null.", field, $"Give '{ConfigNames.Shorten(field)}' a value that is not null.");
        }
    }

    /// <summary>The deserializer's sentence in the words of the API, without the names of its types and its own positions.</summary>
    private static string Reason(JsonException e, string field)
    {
        if (UnknownMember().Match(e.Message) is { Success: true } member)
        {
            return $"there is no member '{member.Groups["name"].Value}'.";
        }

        if (WrongKind().Match(e.Message) is { Success: true } kind)
        {
            return $"'{field}' must be {KindOf(kind.Groups["type"].Value)}.";
        }

        var end = Position().Match(e.Message);
        var sentence = end.Success ? e.Message[..end.Index] : e.Message;
        return sentence.Contains("isFinalBlock", StringComparison.Ordinal) || sentence.Contains("depth to be zero", StringComparison.Ordinal) ? "it ends too early." : sentence;
    }

    private static string KindOf(string type) => type switch
    {
        _ when type.Contains("Dictionary", StringComparison.Ordinal) => "an object of texts",
        _ when type.Contains("List", StringComparison.Ordinal) => "a list",
        _ when type.Contains("String", StringComparison.Ordinal) => "a text",
        _ when type.Contains("Boolean", StringComparison.Ordinal) => "true or false",
        _ when type.Contains("Int64", StringComparison.Ordinal) => "a whole number",
        _ => "an object",
    };

    private static ConfigException Invalid(string message, string field, string remedy) => new(new ConfigError(ConfigErrorCode.InvalidRequest, message, field, remedy));

    [GeneratedRegex("^The JSON property '(?<name>[^']*)' could not be mapped")]
    private static partial Regex UnknownMember();

    [GeneratedRegex(@"^The JSON value could not be converted to (?<type>.+?)\. Path:")]
    private static partial Regex WrongKind();

    [GeneratedRegex(@"\s(Path:|LineNumber:)")]
    private static partial Regex Position();
}
