using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Concord.Members.Keys;

public enum KeyringOperation
{
    List,
    Add,
    Use,
    Remove,
}

/// <param name="Key">Base64; for add only, which is sealed under the key in use like everything on a stream.</param>
/// <param name="Fingerprint">For use and remove.</param>
/// <param name="Challenge">Of the one who is asked, so that a request that was listened in on cannot be sent again.</param>
internal sealed record KeyringRequest(KeyringOperation Operation, string Key, string Fingerprint, string Challenge);

/// <param name="Error">Null: done.</param>
/// <param name="Fingerprints">The key in use first.</param>
internal sealed record KeyringAnswer(string? Error, IReadOnlyList<string> Fingerprints);

/// <summary>What members say to each other about keys.</summary>
internal static class KeyringWire
{
    private const int ChallengeBytes = 16;

    public static byte[] Challenge() => RandomNumberGenerator.GetBytes(ChallengeBytes);

    public static byte[] Encode(KeyringRequest request) => JsonSerializer.SerializeToUtf8Bytes(request, KeyringWireJson.Default.KeyringRequest);

    public static byte[] Encode(KeyringAnswer answer) => JsonSerializer.SerializeToUtf8Bytes(answer, KeyringWireJson.Default.KeyringAnswer);

    /// <exception cref="KeyringException">It is none.</exception>
    public static KeyringRequest DecodeRequest(ReadOnlySpan<byte> bytes) => Decode(bytes, KeyringWireJson.Default.KeyringRequest);

    /// <exception cref="KeyringException">It is none.</exception>
    public static KeyringAnswer DecodeAnswer(ReadOnlySpan<byte> bytes) => Decode(bytes, KeyringWireJson.Default.KeyringAnswer);

    private static T Decode<T>(ReadOnlySpan<byte> bytes, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type) ?? throw new KeyringException("an empty message about keys");
        }
        catch (JsonException error)
        {
            throw new KeyringException($"a malformed message about keys: {error.Message}");
        }
    }
}

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(KeyringRequest))]
[JsonSerializable(typeof(KeyringAnswer))]
internal sealed partial class KeyringWireJson : JsonSerializerContext;
