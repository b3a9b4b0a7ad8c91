namespace Concord.Client.Cache;

/// <summary>Encrypts and decrypts the content of the last known good file. <paramref name="Unprotect"/> raises
/// <see cref="System.Security.Cryptography.CryptographicException"/> for what it cannot decrypt.</summary>
public sealed record ConfigCacheProtector(Func<byte[], byte[]> Protect, Func<byte[], byte[]> Unprotect);
