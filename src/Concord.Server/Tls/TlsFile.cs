namespace Concord.Server.Tls;

/// <summary>A file as it was read.</summary>
/// <param name="Flag">The setting that names it.</param>
internal sealed record TlsFile(string Flag, string Path, byte[] Content)
{
    /// <summary>The lists of large authorities have some megabytes; more is a mistake, and would be read again and again.</summary>
    private const int BytesMax = 16 << 20;

    /// <summary>Null if no file is named.</summary>
    /// <exception cref="TlsFilesException">It cannot be read.</exception>
    public static TlsFile? Read(string flag, string path)
    {
        if (path.Length == 0)
        {
            return null;
        }

        try
        {
            using var file = File.OpenHandle(path);
            var content = new byte[Math.Min(RandomAccess.GetLength(file), BytesMax + 1)];
            var length = RandomAccess.Read(file, content, 0);
            return length <= BytesMax
                ? new(flag, path, content[..length])
                : throw new TlsFilesException(flag, path, $"is larger than {BytesMax >> 20} MiB");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TlsFilesException(flag, path, $"cannot be read: {error.Message}");
        }
    }

    public bool HasSameContent(TlsFile other) => Content.AsSpan().SequenceEqual(other.Content);
}
