using System.Security.Cryptography;
using Concord.EtcdBackend.Bolt;

namespace Concord.EtcdBackend;

/// <summary>
/// A database of etcd as a file: what <c>etcdctl snapshot save</c> writes, which ends with the SHA-256 of everything before,
/// or <c>member/snap/db</c> of a member that is stopped, which does not.
/// </summary>
public sealed class BackendFile
{
    /// <summary>Pages are multiples of this, so a remainder of a hash's length is a hash. etcd tells them apart like this.</summary>
    private const int SectorBytes = 512;

    private const int CopiedAtOnce = 1 << 20;

    private readonly Stream _file;

    /// <param name="file">Seekable; stays the caller's.</param>
    public BackendFile(Stream file)
    {
        ArgumentNullException.ThrowIfNull(file);
        _file = file;
        HasHash = file.Length % SectorBytes == SHA256.HashSizeInBytes;
        Length = file.Length - (HasHash ? SHA256.HashSizeInBytes : 0);
    }

    /// <summary>Without the hash.</summary>
    public long Length { get; }

    public bool HasHash { get; }

    /// <summary>Whether a file begins like a database, damaged or not.</summary>
    public static bool Recognizes(Stream file)
    {
        Span<byte> start = stackalloc byte[64];
        file.Position = 0;
        return BoltReader.Recognizes(start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)]);
    }

    /// <summary>Whether the content has the hash that the file ends with.</summary>
    /// <param name="progress">Told how many bytes were read.</param>
    /// <exception cref="InvalidOperationException">It has none.</exception>
    public bool HashIsRight(Action<long> progress, CancellationToken cancellation)
    {
        if (!HasHash)
        {
            throw new InvalidOperationException("The file has no hash.");
        }

        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[CopiedAtOnce];
        _file.Position = 0;
        for (var left = Length; left > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            var read = _file.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            if (read == 0)
            {
                return false;
            }

            sha.AppendData(buffer, 0, read);
            left -= read;
            progress(Length - left);
        }

        Span<byte> stored = stackalloc byte[SHA256.HashSizeInBytes];
        return _file.ReadAtLeast(stored, stored.Length, throwOnEndOfStream: false) == stored.Length && sha.GetHashAndReset().AsSpan().SequenceEqual(stored);
    }

    /// <exception cref="FormatException">It is damaged, cut short, or no database of etcd's.</exception>
    public BackendReader Open() => new(BoltReader.Open(_file, Length));
}
