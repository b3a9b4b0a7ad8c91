using System.Buffers;

namespace Concord.Mvcc;

/// <summary>
/// The binary form of commands in the log: format version, kind, then the fields of the kind. Numbers are varints,
/// bytes have their length before them, lease numbers are eight bytes. Every command has exactly one form, and
/// decoding accepts no other.
/// </summary>
public static class CommandCodec
{
    internal const byte FormatVersion = 1;

    /// <exception cref="ArgumentException">The command cannot be decoded again: an unknown kind, option or too deep.</exception>
    public static void Encode(Command command, IBufferWriter<byte> output)
    {
        var writer = new Encoding.CommandWriter(output);
        writer.Byte(FormatVersion);
        writer.Command(command);
    }

    /// <summary>Decodes without copying: keys and values point into <paramref name="data"/>.</summary>
    /// <exception cref="FormatException">The bytes are not a command of a known format.</exception>
    public static Command Decode(ReadOnlyMemory<byte> data)
    {
        var reader = new Encoding.CommandReader(data);
        var version = reader.Byte();
        if (version != FormatVersion)
        {
            throw new FormatException($"A command has format {version}; this version reads format {FormatVersion}. A newer version wrote it.");
        }

        var command = reader.Command();
        reader.End();
        return command;
    }
}
