using System.Buffers;

namespace Concord.Mvcc;

/// <summary>The binary form of commands in the log. The first byte is the format version.</summary>
public static class CommandCodec
{
    public static void Encode(Command command, IBufferWriter<byte> output) => throw new NotImplementedException();

    /// <summary>Decodes without copying: keys and values point into <paramref name="data"/>.</summary>
    /// <exception cref="FormatException">The bytes are not a command of a known format.</exception>
    public static Command Decode(ReadOnlyMemory<byte> data) => throw new NotImplementedException();
}
