using System.Security.Cryptography;

namespace Concord.Gossip;

/// <summary>
/// Seals packets with AES-GCM (NIST SP 800-38D): what is not sealed under a known key is refused. Several keys are known at a
/// time, so that they can be exchanged while the cluster runs: <see cref="Install"/> the new key at every member, then
/// <see cref="Use"/> it at every member, then <see cref="Remove"/> the old one.
/// <para>
/// Layout: <see cref="Sealed"/>, nonce (12), ciphertext, tag (16); the first byte is authenticated too. The caller brings the
/// nonce, 96 random bits: random ones repeat too likely after 2³² packets under one key (SP 800-38D section 8.3), so keys
/// are to be changed before. Not thread-safe.
/// </para>
/// </summary>
public sealed class PacketKeyring : IDisposable
{
    /// <summary>First byte of a sealed packet; above every version of the plain format.</summary>
    public const byte Sealed = 0x81;

    public const int NonceBytes = 12;

    /// <summary>How much longer a packet gets.</summary>
    public const int Overhead = 1 + NonceBytes + TagBytes;

    /// <summary>Opening tries every key: two during an exchange, a few more when one was left half done.</summary>
    public const int KeysMax = 8;

    private const int TagBytes = 16;

    // The primary key first.
    private readonly List<Key> _keys = [];

    /// <param name="primary">16, 24 or 32 bytes.</param>
    public PacketKeyring(ReadOnlySpan<byte> primary) => Install(primary);

    /// <summary>Eight bytes of each key's SHA-256 as hexadecimal digits, the primary first: tells keys apart without telling them.</summary>
    public IReadOnlyList<string> Fingerprints => [.. _keys.Select(key => key.Fingerprint)];

    /// <summary>Accepts what is sealed under this key from now on. Installing a known key changes nothing.</summary>
    /// <exception cref="ArgumentException">No AES key by its length.</exception>
    /// <exception cref="InvalidOperationException">There are too many keys.</exception>
    public void Install(ReadOnlySpan<byte> key)
    {
        if (key.Length is not (16 or 24 or 32))
        {
            throw new ArgumentException($"a gossip key has 16, 24 or 32 bytes, not {key.Length}", nameof(key));
        }

        if (IndexOf(key) >= 0)
        {
            return;
        }

        if (_keys.Count == KeysMax)
        {
            throw new InvalidOperationException($"there are {KeysMax} gossip keys: remove those that are no longer used");
        }

        _keys.Add(new(key));
    }

    /// <summary>Seals with this key from now on.</summary>
    /// <exception cref="InvalidOperationException">It is not installed.</exception>
    public void Use(ReadOnlySpan<byte> key)
    {
        int at = IndexOf(key);
        if (at < 0)
        {
            throw new InvalidOperationException("the gossip key is not installed: install it at every member first");
        }

        var primary = _keys[at];
        _keys.RemoveAt(at);
        _keys.Insert(0, primary);
    }

    /// <summary>Refuses what is sealed under this key from now on. Removing an unknown key changes nothing.</summary>
    /// <exception cref="InvalidOperationException">It is the one in use.</exception>
    public void Remove(ReadOnlySpan<byte> key)
    {
        int at = IndexOf(key);
        if (at == 0)
        {
            throw new InvalidOperationException("the gossip key is in use: use another one at every member first");
        }

        if (at > 0)
        {
            _keys[at].Cipher.Dispose();
            _keys.RemoveAt(at);
        }
    }

    /// <param name="nonce">Never given twice under one key.</param>
    /// <param name="output">Exactly <see cref="Overhead"/> longer than <paramref name="packet"/>.</param>
    public void Seal(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> nonce, Span<byte> output)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(nonce.Length, NonceBytes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(output.Length, packet.Length + Overhead);
        output[0] = Sealed;
        nonce.CopyTo(output[1..]);
        _keys[0].Cipher.Encrypt(nonce, packet, output[(1 + NonceBytes)..^TagBytes], output[^TagBytes..], output[..1]);
    }

    /// <summary>Takes bytes from anybody; never throws.</summary>
    /// <param name="packet">At least as long as <paramref name="input"/>.</param>
    /// <param name="length">Of the packet.</param>
    public PacketRefusal Open(ReadOnlySpan<byte> input, Span<byte> packet, out int length)
    {
        length = 0;
        if (input.Length < Overhead || packet.Length < input.Length - Overhead)
        {
            return PacketRefusal.Size;
        }

        if (input[0] != Sealed)
        {
            return PacketRefusal.Version;
        }

        var nonce = input.Slice(1, NonceBytes);
        var content = input[(1 + NonceBytes)..^TagBytes];
        foreach (var key in _keys)
        {
            try
            {
                key.Cipher.Decrypt(nonce, content, input[^TagBytes..], packet[..content.Length], input[..1]);
                length = content.Length;
                return PacketRefusal.None;
            }
            catch (AuthenticationTagMismatchException)
            {
                // Another key's, or nobody's.
            }
        }

        return PacketRefusal.Seal;
    }

    public void Dispose()
    {
        foreach (var key in _keys)
        {
            key.Cipher.Dispose();
        }
    }

    private int IndexOf(ReadOnlySpan<byte> key)
    {
        string fingerprint = FingerprintOf(key);
        return _keys.FindIndex(known => known.Fingerprint == fingerprint);
    }

    private static string FingerprintOf(ReadOnlySpan<byte> key) => Convert.ToHexStringLower(SHA256.HashData(key).AsSpan(0, 8));

    private sealed class Key(ReadOnlySpan<byte> bytes)
    {
        public AesGcm Cipher { get; } = new(bytes, TagBytes);

        public string Fingerprint { get; } = FingerprintOf(bytes);
    }
}
