using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Concord.Mvcc.Auth;

namespace Concord.Server.Auth;

/// <summary>
/// Tokens of <c>--auth-token simple</c>: opaque to clients, signed by a key that all members share in their replicated state.
/// Any member recognises them without asking anybody, after a restart too, and issuing one writes nothing.
/// </summary>
/// <remarks>
/// <code>
/// version (1 byte), number of the key, revision of the rights, issued (Unix ms), random (8 bytes each), user (UTF-8), signature
/// </code>
/// The signature is HMAC-SHA256, cut to 24 bytes, under a key derived from the shared one and the cluster's id: a cluster that
/// was restored from a copy does not know the tokens of the first. A token lasts for the TTL from its last use on the
/// member that is used; elsewhere, and where too many others were used since, from its issue.
/// </remarks>
internal sealed class SignedTokens(ulong clusterId, TimeSpan ttl, TimeProvider time) : TokenIssuer
{
    private const byte Version = 1;
    private const int UserOffset = 33;
    private const int SignatureBytes = 24;

    /// <summary>Tokens whose use is remembered: two of these lists take some 30 MB. Beyond, they last from their issue.</summary>
    private const int UsesMax = 50_000;

    private readonly Recent<string, Use> _uses = new(UsesMax, ttl, time);
    private volatile Derived? _derived;

    /// <summary>A genuine token and when it was used last.</summary>
    private sealed class Use(Caller caller, long keyNumber, long lastUsed)
    {
        public Caller Caller { get; } = caller;

        public long KeyNumber { get; } = keyNumber;

        public long LastUsed { get; set; } = lastUsed;
    }

    private sealed record Derived(TokenKey Of, byte[] Key);

    public override string Issue(AuthState state, string user)
    {
        var key = state.Key ?? throw new InvalidOperationException("A token was to be issued while access is not checked.");
        var name = Encoding.UTF8.GetBytes(user);
        var token = new byte[UserOffset + name.Length + SignatureBytes];
        token[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(token.AsSpan(1), key.Number);
        BinaryPrimitives.WriteInt64LittleEndian(token.AsSpan(9), state.Revision);
        BinaryPrimitives.WriteInt64LittleEndian(token.AsSpan(17), time.GetUtcNow().ToUnixTimeMilliseconds());
        RandomNumberGenerator.Fill(token.AsSpan(25, 8));
        name.CopyTo(token, UserOffset);
        Sign(key, token.AsSpan(0, UserOffset + name.Length), token.AsSpan(UserOffset + name.Length));
        return Base64Url.EncodeToString(token);
    }

    public override ValueTask<TokenVerdict> RecogniseAsync(AuthState state, string token) => new(Recognise(state, token));

    private TokenVerdict Recognise(AuthState state, string token)
    {
        if (_uses.TryGet(token, out var use))
        {
            var now = time.GetTimestamp();
            if (Key(state, use.KeyNumber) is null || time.GetElapsedTime(use.LastUsed, now) > ttl)
            {
                return TokenVerdict.Bad(AuthRefusal.InvalidToken);
            }

            use.LastUsed = now;
            return Judge(state, use.Caller);
        }

        return Read(state, token);
    }

    private TokenVerdict Read(AuthState state, string token)
    {
        var bytes = new byte[Base64Url.GetMaxDecodedLength(token.Length)];
        if (Base64Url.DecodeFromChars(token, bytes, out _, out var length) != OperationStatus.Done || length <= UserOffset + SignatureBytes || bytes[0] != Version)
        {
            return TokenVerdict.Bad(AuthRefusal.InvalidToken);
        }

        var number = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(1));
        if (number > state.LastKeyNumber)
        {
            return TokenVerdict.Ahead;
        }

        var signed = bytes.AsSpan(0, length - SignatureBytes);
        Span<byte> signature = stackalloc byte[SignatureBytes];
        if (Key(state, number) is not { } key)
        {
            return TokenVerdict.Bad(AuthRefusal.InvalidToken);
        }

        Sign(key, signed, signature);
        if (!CryptographicOperations.FixedTimeEquals(signature, bytes.AsSpan(length - SignatureBytes, SignatureBytes)))
        {
            return TokenVerdict.Bad(AuthRefusal.InvalidToken);
        }

        var issued = DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(17)));
        if (time.GetUtcNow() - issued > ttl)
        {
            return TokenVerdict.Bad(AuthRefusal.InvalidToken);
        }

        var caller = new Caller(Encoding.UTF8.GetString(signed[UserOffset..]), BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(9)));
        var verdict = Judge(state, caller);
        if (verdict.Caller is not null)
        {
            _uses.Set(token, new(caller, number, time.GetTimestamp()));
        }

        return verdict;
    }

    private static TokenKey? Key(AuthState state, long number) =>
        state.Key?.Number == number ? state.Key : state.FormerKey?.Number == number ? state.FormerKey : null;

    private void Sign(TokenKey key, ReadOnlySpan<byte> token, Span<byte> signature)
    {
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Derive(key), token, whole);
        whole[..signature.Length].CopyTo(signature);
    }

    private byte[] Derive(TokenKey key)
    {
        var derived = _derived;
        if (derived is null || !ReferenceEquals(derived.Of, key))
        {
            Span<byte> id = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(id, clusterId);
            derived = new(key, HMACSHA256.HashData(key.Secret.Span, id));
            _derived = derived;
        }

        return derived.Key;
    }
}
