using System.Text.Json;
using System.Text.Json.Serialization;

namespace Concord.Benchmarks.Measure;

/// <summary>Results as JSON, one object per line, so that many runs gather in one file.</summary>
internal static class ResultFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static void Append(string path, Result result) =>
        File.AppendAllText(path, JsonSerializer.Serialize(result, Options) + "\n");

    /// <exception cref="FormatException">A line is not a result.</exception>
    public static IReadOnlyList<Result> Read(string path)
    {
        var results = new List<Result>();
        foreach (var line in File.ReadLines(path))
        {
            try
            {
                results.Add(JsonSerializer.Deserialize<Result>(line, Options)!);
            }
            catch (JsonException exception)
            {
                throw new FormatException($"{path}: line {results.Count + 1} is not a result: {exception.Message}", exception);
            }
        }

        return results;
    }
}
