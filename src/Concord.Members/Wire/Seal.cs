using System.Security.Cryptography;
using Concord.Gossip;
using Concord.Members.Keys;

namespace Concord.Members.Wire;

/// <summary>Seals and opens for one thread; follows the keys as they are exchanged. Without keys bytes pass as they are.</summary>
internal sealed class Seal(Func<GossipKeys?> current) : IDisposable
{
    private GossipKeys? _keys;
    private PacketKeyring? _keyring;

    public int Overhead => Keyring() is null ? 0 : PacketKeyring.Overhead;

    /// <param name="output">Exactly <see cref="Overhead"/> longer than <paramref name="packet"/>.</param>
    public void Close(ReadOnlySpan<byte> packet, Span<byte> output)
    {
        if (Keyring() is not { } keyring)
        {
            packet.CopyTo(output);
            return;
        }

        Span<byte> nonce = stackalloc byte[PacketKeyring.NonceBytes];
        RandomNumberGenerator.Fill(nonce);
        keyring.Seal(packet, nonce, output);
    }

    /// <param name="packet">Room for the content, at least as long as the input.</param>
    public PacketRefusal Open(ReadOnlySpan<byte> input, Span<byte> packet, out int length)
    {
        if (Keyring() is { } keyring)
        {
            return keyring.Open(input, packet, out length);
        }

        input.CopyTo(packet);
        length = input.Length;
        return PacketRefusal.None;
    }

    public void Dispose() => _keyring?.Dispose();

    private PacketKeyring? Keyring()
    {
        var keys = current();
        if (!ReferenceEquals(keys, _keys))
        {
            _keyring?.Dispose();
            _keyring = keys?.Open();
            _keys = keys;
        }

        return _keyring;
    }
}
