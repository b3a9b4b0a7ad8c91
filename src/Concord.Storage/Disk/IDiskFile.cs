namespace Concord.Storage;

/// <summary>An open file: positional, unbuffered by this process. Errors as in <see cref="IDisk"/>.</summary>
public interface IDiskFile : IDisposable
{
    string Path { get; }

    long Length { get; }

    /// <summary>Reads until the buffer is full or the file ends; returns the bytes read.</summary>
    int Read(Span<byte> buffer, long offset);

    /// <summary>Writes all bytes. After an error any part of them may have been written.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Makes the file at least <paramref name="length"/> bytes long, with the room allocated and read as zeros.</summary>
    void Preallocate(long length);

    /// <summary>
    /// Makes the contents and the length durable. After an error nothing is known about what was written since the last
    /// success, and a later success says nothing about it either: the system may have dropped it. That is so for a full
    /// disk too, which is therefore not told apart here: flushes never throw <see cref="DiskFullException"/>.
    /// </summary>
    void Flush();
}
