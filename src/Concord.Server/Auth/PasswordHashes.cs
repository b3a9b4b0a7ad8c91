using System.Buffers;
using System.Buffers.Text;
using System.Text;
using BCrypt.Net;

namespace Concord.Server.Auth;

/// <summary>bcrypt, which is slow on purpose: what of it must not happen in the log's way or on the caller's thread.</summary>
internal static class PasswordHashes
{
    /// <summary>bcrypt looks at no more; a longer password would be good without its end.</summary>
    public const int PasswordBytesMax = 72;

    public const int CostMin = 4;

    /// <summary>A hash of cost 16 takes some seconds to check; one of 31, which the format allows, days.</summary>
    public const int CostMax = 16;

    private const int HashLength = 60;

    private static readonly SearchValues<char> Digits = SearchValues.Create("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    public static bool IsTooLong(string password) => Encoding.UTF8.GetByteCount(password) > PasswordBytesMax;

    public static string Hash(string password, int cost) => BCrypt.Net.BCrypt.HashPassword(password, cost);

    public static bool Verify(string password, string hash)
    {
        try
        {
            return !IsTooLong(password) && BCrypt.Net.BCrypt.Verify(password, hash);
        }
        catch (SaltParseException)
        {
            // A hash that came in a copy from elsewhere and is none of bcrypt's: no password fits it.
            return false;
        }
    }

    /// <summary>
    /// Reads a hash that a client made itself: as bcrypt writes it, or that in Base64, as etcd's message has it. Null if it is
    /// neither, or costs more than this server is willing to spend on each sign-in.
    /// </summary>
    public static string? Read(string given)
    {
        var text = given;
        if (!given.StartsWith('$'))
        {
            var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(given.Length)];
            if (!Convert.TryFromBase64String(given, bytes, out var length))
            {
                return null;
            }

            text = Encoding.ASCII.GetString(bytes.AsSpan(0, length));
        }

        var isHash = text.Length == HashLength && text[0] == '$' && text[1] == '2' && text[2] is 'a' or 'b' or 'y' && text[3] == '$' && text[6] == '$'
            && int.TryParse(text.AsSpan(4, 2), out var cost) && cost is >= CostMin and <= CostMax
            && text.AsSpan(7).IndexOfAnyExcept(Digits) < 0;
        return isHash ? text : null;
    }
}
