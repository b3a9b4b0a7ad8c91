using System.Buffers.Binary;
using System.Text;
using Concord.Server.Configs.Documents;

namespace Concord.Server.Configs.Releases;

/// <summary>
/// What one release made of one configuration. The value in the store is one byte and what follows it: a format and
/// the document as written; 0 for "removed"; 255 and a release number (big endian) for "the document of that release",
/// so that rolling back copies no documents and fits one transaction however much it brings back.
/// </summary>
internal abstract record ReleaseContent
{
    private const byte RemovedMark = 0;
    private const byte ReferenceMark = 255;

    private ReleaseContent()
    {
    }

    public sealed record Written(ConfigDocument Document) : ReleaseContent;

    public sealed record Removed : ReleaseContent;

    /// <param name="Release">Holds a <see cref="Written"/>; references do not chain.</param>
    public sealed record Reference(long Release) : ReleaseContent;

    public byte[] Encode()
    {
        switch (this)
        {
            case Written { Document: var document }:
                var written = new byte[1 + Encoding.UTF8.GetByteCount(document.Content)];
                written[0] = (byte)document.Format;
                Encoding.UTF8.GetBytes(document.Content, written.AsSpan(1));
                return written;
            case Reference { Release: var release }:
                var reference = new byte[9];
                reference[0] = ReferenceMark;
                BinaryPrimitives.WriteInt64BigEndian(reference.AsSpan(1), release);
                return reference;
            default:
                return [RemovedMark];
        }
    }

    public static ReleaseContent Decode(ReadOnlySpan<byte> value) => value[0] switch
    {
        RemovedMark => new Removed(),
        ReferenceMark => new Reference(BinaryPrimitives.ReadInt64BigEndian(value[1..])),
        var format => new Written(new((ConfigFormat)format, Encoding.UTF8.GetString(value[1..]))),
    };
}
