using System.Collections.Immutable;
using System.Security.Cryptography;
using Concord.Gossip;

namespace Concord.Members.Keys;

/// <summary>What is wrong with a key or a keyring, and the remedy.</summary>
public sealed class KeyringException(string message) : Exception(message);

/// <summary>One key of a keyring: 16, 24 or 32 bytes of AES.</summary>
public sealed class GossipKey
{
    private GossipKey(byte[] bytes)
    {
        Bytes = bytes;
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8));
    }

    /// <summary>As <see cref="PacketKeyring.Fingerprints"/> tells it: names a key without telling it.</summary>
    public string Fingerprint { get; }

    public string Text => Convert.ToBase64String(Bytes);

    internal byte[] Bytes { get; }

    public static GossipKey Generate() => new(RandomNumberGenerator.GetBytes(32));

    /// <exception cref="KeyringException">It is no key.</exception>
    public static GossipKey Of(ReadOnlySpan<byte> bytes) => bytes.Length is 16 or 24 or 32
        ? new(bytes.ToArray())
        : throw new KeyringException($"a gossip key has 16, 24 or 32 bytes, not {bytes.Length}; make one with 'concord keyring generate'");

    /// <param name="text">Base64.</param>
    /// <exception cref="KeyringException">It is no key.</exception>
    public static GossipKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var bytes = new byte[64];
        return Convert.TryFromBase64String(text.Trim(), bytes, out int length) && length > 0
            ? Of(bytes.AsSpan(0, length))
            : throw new KeyringException("a gossip key is 16, 24 or 32 bytes as base64; make one with 'concord keyring generate'");
    }

    /// <summary>Without the key, so that no message shows it.</summary>
    public override string ToString() => Fingerprint;
}

/// <summary>The keys of a member, the one that it seals with first. Immutable; each change is a new one.</summary>
public sealed class GossipKeys
{
    private GossipKeys(ImmutableArray<GossipKey> all) => All = all;

    public ImmutableArray<GossipKey> All { get; }

    public GossipKey Primary => All[0];

    /// <exception cref="KeyringException">None, or too many.</exception>
    public static GossipKeys Of(IReadOnlyList<GossipKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (keys.Count is 0 or > PacketKeyring.KeysMax)
        {
            throw new KeyringException($"a keyring has 1 to {PacketKeyring.KeysMax} keys, not {keys.Count}");
        }

        return keys.Select(static key => key.Fingerprint).Distinct().Count() == keys.Count
            ? new([.. keys])
            : throw new KeyringException("the keyring holds a key twice; leave one out");
    }

    /// <summary>By fingerprint; null if it is not there.</summary>
    public GossipKey? Find(string fingerprint) => All.FirstOrDefault(key => key.Fingerprint == fingerprint);

    /// <summary>Understood from now on.</summary>
    /// <exception cref="KeyringException">There are too many.</exception>
    public GossipKeys Add(GossipKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Find(key.Fingerprint) is not null ? this
            : All.Length < PacketKeyring.KeysMax ? new(All.Add(key))
            : throw new KeyringException($"there are {PacketKeyring.KeysMax} gossip keys; remove those that are no longer used");
    }

    /// <summary>Sealed with from now on.</summary>
    /// <exception cref="KeyringException">It is not there.</exception>
    public GossipKeys Use(string fingerprint) => Find(fingerprint) is { } key
        ? new([key, .. All.Where(one => one != key)])
        : throw new KeyringException($"the keyring has no key {fingerprint}; add it first");

    /// <summary>Not understood any more.</summary>
    /// <exception cref="KeyringException">It is the one in use.</exception>
    public GossipKeys Remove(string fingerprint) => fingerprint != Primary.Fingerprint
        ? new([.. All.Where(one => one.Fingerprint != fingerprint)])
        : throw new KeyringException($"{fingerprint} is the key in use; use another one first");

    internal PacketKeyring Open()
    {
        var keyring = new PacketKeyring(Primary.Bytes);
        foreach (var key in All.Skip(1))
        {
            keyring.Install(key.Bytes);
        }

        return keyring;
    }
}
