using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Concord.Storage;

/// <summary>
/// "member.json": whose the data directory is. It is written last when a directory is set up, so a directory that has it
/// has, or had, a log.
/// </summary>
public static class MemberFile
{
    public const string Path = "member.json";
    internal const string TemporaryPath = Path + ".tmp";

    private const int FormatVersion = 1;
    private const int BytesMax = 64 << 10;

    /// <summary>Null when there is none: a new data directory.</summary>
    public static MemberIdentity? TryRead(IDisk disk)
    {
        if (!disk.Exists(Path))
            return null;
        using IDiskFile file = disk.Open(Path, writable: false);
        var bytes = new byte[Math.Min(file.Length, BytesMax)];
        int count = file.Read(bytes, 0);
        MemberDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(bytes.AsSpan(0, count), MemberJson.Default.MemberDocument);
        }
        catch (JsonException error)
        {
            throw new StorageDamagedException(Path, error.BytePositionInLine ?? 0, $"it is not the JSON it was written as. {error.Message}");
        }

        return Check(document);
    }

    /// <summary>Writes or replaces the file in one durable step.</summary>
    internal static void Write(IDisk disk, MemberIdentity identity)
    {
        var document = new MemberDocument(
            FormatVersion, Hex(identity.ClusterId), Hex(identity.MemberId), identity.Name, Checksum(identity));
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(document, MemberJson.Default.MemberDocument);
        if (disk.Exists(TemporaryPath))
            disk.Delete(TemporaryPath);
        using (IDiskFile file = disk.Create(TemporaryPath))
        {
            file.Write(bytes, 0);
            file.Flush();
        }

        disk.Rename(TemporaryPath, Path);
        disk.FlushDirectory("");
    }

    private static MemberIdentity Check(MemberDocument? document)
    {
        if (document is null || document.Name is null)
            throw new StorageDamagedException(Path, 0, "the fields formatVersion, clusterId, memberId, name and checksum are needed.");
        if (document.FormatVersion != FormatVersion)
            throw new StorageMismatchException(
                $"'{Path}' has format version {document.FormatVersion}; this program reads version {FormatVersion}. Use the " +
                "program version that wrote it, or a newer one.");
        if (!ulong.TryParse(document.ClusterId, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong cluster) ||
            !ulong.TryParse(document.MemberId, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong member))
            throw new StorageDamagedException(Path, 0, "clusterId and memberId must be hexadecimal numbers.");
        var identity = new MemberIdentity(cluster, member, document.Name);
        return document.Checksum == Checksum(identity)
            ? identity
            : throw new StorageDamagedException(Path, 0, "the checksum does not fit the other fields; the file was changed.");
    }

    private static string Checksum(MemberIdentity identity) => Crc32C.Compute(
        Encoding.UTF8.GetBytes($"{FormatVersion} {Hex(identity.ClusterId)} {Hex(identity.MemberId)} {identity.Name}"))
        .ToString("x8", CultureInfo.InvariantCulture);

    private static string Hex(ulong value) => value.ToString("x", CultureInfo.InvariantCulture);
}

internal sealed record MemberDocument(int FormatVersion, string? ClusterId, string? MemberId, string? Name, string? Checksum);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(MemberDocument))]
internal sealed partial class MemberJson : JsonSerializerContext;
