using System.Security.Cryptography;

namespace Concord.Members.Keys;

/// <summary>The keys of this member: changed here, on disk before they count.</summary>
internal sealed class KeyringDesk(KeyringFile? file, GossipKeys keys)
{
    private readonly Lock _lock = new();
    private volatile GossipKeys _keys = keys;

    public GossipKeys Keys => _keys;

    /// <exception cref="KeyringException">It cannot be done; nothing has changed.</exception>
    public GossipKeys Apply(KeyringOperation operation, GossipKey? key, string fingerprint)
    {
        lock (_lock)
        {
            var next = operation switch
            {
                KeyringOperation.Add => _keys.Add(key ?? throw new KeyringException("the key to add is missing")),
                KeyringOperation.Use => _keys.Use(fingerprint),
                KeyringOperation.Remove => _keys.Remove(fingerprint),
                _ => _keys,
            };
            if (!next.All.SequenceEqual(_keys.All))
            {
                file?.Write(next);
                _keys = next;
            }

            return next;
        }
    }

    /// <summary>Of another member's request; whoever could seal it belongs to the group.</summary>
    public byte[] Answer(ReadOnlyMemory<byte> request, ReadOnlySpan<byte> challenge)
    {
        string? error = null;
        try
        {
            var asked = KeyringWire.DecodeRequest(request.Span);
            if (!CryptographicOperations.FixedTimeEquals(System.Text.Encoding.ASCII.GetBytes(asked.Challenge), System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(challenge))))
            {
                throw new KeyringException("the request answers another challenge");
            }

            Apply(asked.Operation, asked.Operation == KeyringOperation.Add ? GossipKey.Parse(asked.Key) : null, asked.Fingerprint);
        }
        catch (KeyringException refused)
        {
            error = refused.Message;
        }

        return KeyringWire.Encode(new KeyringAnswer(error, [.. Keys.All.Select(static key => key.Fingerprint)]));
    }
}
