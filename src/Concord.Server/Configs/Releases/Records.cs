using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Releases;

/// <summary>What the store holds, as compact JSON: a person can read it with any key-value client.</summary>
internal sealed record ConfigHead(long Release, ConfigFormat Format, bool Removed);

/// <param name="BaseRelease">The release that the draft started from; 0 if the configuration was not published.</param>
internal sealed record DraftRecord(ConfigFormat Format, string? Content, bool Removes, string Author, long TimeUnixMs, long BaseRelease)
{
    [JsonIgnore]
    public ConfigDocument? Document => Removes ? null : new(Format, Content ?? "");
}

internal sealed record ReleaseRecord(long Number, string Author, long TimeUnixMs, string Message, long RollbackTo, IReadOnlyList<ReleaseItem> Items);

/// <param name="PreviousRelease">The release that the configuration was at before; 0 if it was new.</param>
internal sealed record ReleaseItem(string Path, ConfigFormat Format, bool Removed, long PreviousRelease)
{
    [JsonIgnore]
    public ConfigPath ConfigPath => ConfigPath.Parse(Path);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ConfigHead))]
[JsonSerializable(typeof(DraftRecord))]
[JsonSerializable(typeof(ReleaseRecord))]
internal sealed partial class RecordsJson : JsonSerializerContext;

internal static class Records
{
    /// <summary>Without the escapes that HTML needs: the store is not a web page.</summary>
    private static readonly RecordsJson Json = new(new JsonSerializerOptions(RecordsJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static byte[] Encode(ConfigHead head) => JsonSerializer.SerializeToUtf8Bytes(head, Json.ConfigHead);

    public static byte[] Encode(DraftRecord draft) => JsonSerializer.SerializeToUtf8Bytes(draft, Json.DraftRecord);

    public static byte[] Encode(ReleaseRecord release) => JsonSerializer.SerializeToUtf8Bytes(release, Json.ReleaseRecord);

    public static ConfigHead DecodeHead(ReadOnlySpan<byte> value) => JsonSerializer.Deserialize(value, Json.ConfigHead)!;

    public static DraftRecord DecodeDraft(ReadOnlySpan<byte> value) => JsonSerializer.Deserialize(value, Json.DraftRecord)!;

    public static ReleaseRecord DecodeRelease(ReadOnlySpan<byte> value) => JsonSerializer.Deserialize(value, Json.ReleaseRecord)!;
}
