using System.Text.Json;
using System.Text.Json.Serialization;
using Concord.Gossip;

namespace Concord.Members;

/// <summary>What a member says of itself besides name and address; compact JSON, so that any tool can show it.</summary>
/// <param name="Role"><see cref="Server"/>, <see cref="Agent"/>, or another program's own word.</param>
public sealed record MemberMetadata(string Role)
{
    public const string Server = "server";

    public const string Agent = "agent";

    /// <summary>Of a server: its id in the cluster, as hexadecimal digits.</summary>
    public string? Id { get; init; }

    /// <summary>Where it serves clients.</summary>
    public IReadOnlyList<string>? Urls { get; init; }

    public string? Zone { get; init; }

    public string? Version { get; init; }

    /// <summary>Of an agent: it runs the health checks of the instances that were registered through it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Checks { get; init; }

    /// <summary>What does not fit the bytes that a member has is left out: first addresses, the last ones first, then the zone.</summary>
    public byte[] Encode()
    {
        var shown = this;
        while (true)
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(shown, MemberMetadataJson.Default.MemberMetadata);
            if (bytes.Length <= MemberInfo.MetadataBytesMax)
            {
                return bytes;
            }

            shown = shown.Urls is { Count: > 0 } urls ? shown with { Urls = urls.Count > 1 ? [.. urls.SkipLast(1)] : null }
                : shown.Zone is not null ? shown with { Zone = null }
                : new MemberMetadata(Role.Length <= MemberInfo.NameBytesMax ? Role : "") { Checks = Checks };
        }
    }

    /// <summary>Of another program, or damaged: no role and nothing known.</summary>
    public static MemberMetadata Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, MemberMetadataJson.Default.MemberMetadata) is { Role: not null } read ? read : new("");
        }
        catch (JsonException)
        {
            return new("");
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MemberMetadata))]
internal sealed partial class MemberMetadataJson : JsonSerializerContext;
