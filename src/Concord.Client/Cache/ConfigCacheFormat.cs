using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Concord.Client.Cache;

/// <summary>
/// The frame of a last known good file, all numbers little-endian:
/// <code>
/// 0   8  "CNCRDLKG"
/// 8   2  format version, 1
/// 10  2  flags: 1 = the payload is encrypted
/// 12  4  length of the payload
/// 16  32 SHA-256 of bytes 0 to 15 and the payload
/// 48  …  payload: protobuf messages, each with its length before it. Of a configuration the view and the effective
///        configuration; of a service the answer to ListServiceInstances
/// </code>
/// The hash finds damage, not forgery; against that stand the file's mode and the protector.
/// </summary>
internal static class ConfigCacheFormat
{
    private const ushort FormatVersion = 1;
    private const ushort ProtectedFlag = 1;
    private const int HashOffset = 16;
    private const int PayloadOffset = HashOffset + SHA256.HashSizeInBytes;

    private static ReadOnlySpan<byte> Magic => "CNCRDLKG"u8;

    public static byte[] Wrap(byte[] payload, bool isProtected)
    {
        var file = new byte[PayloadOffset + payload.Length];
        Magic.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(8), FormatVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(10), isProtected ? ProtectedFlag : (ushort)0);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(12), payload.Length);
        payload.CopyTo(file.AsSpan(PayloadOffset));
        HashOf(file).CopyTo(file.AsSpan(HashOffset));
        return file;
    }

    public static bool TryUnwrap(
        byte[] file, [NotNullWhen(true)] out byte[]? payload, out bool isProtected, [NotNullWhen(false)] out string? damage)
    {
        payload = null;
        isProtected = false;
        damage = DamageOf(file);
        if (damage is not null)
            return false;
        isProtected = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(10)) == ProtectedFlag;
        payload = file[PayloadOffset..];
        return true;
    }

    private static string? DamageOf(byte[] file)
    {
        if (file.Length < PayloadOffset || !file.AsSpan().StartsWith(Magic))
            return "it is no file of this kind";
        var version = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(8));
        if (version != FormatVersion)
            return $"its format version is {version}, this client reads {FormatVersion}";
        if (BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(12)) != file.Length - PayloadOffset)
            return "it is cut off";
        if (!HashOf(file).AsSpan().SequenceEqual(file.AsSpan(HashOffset, SHA256.HashSizeInBytes)))
            return "its checksum does not match";
        return null;
    }

    private static byte[] HashOf(byte[] file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(file.AsSpan(0, HashOffset));
        hash.AppendData(file.AsSpan(PayloadOffset));
        return hash.GetHashAndReset();
    }
}
