using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Concord.Server.Tls;

/// <summary>
/// Certificates that their authorities took back (RFC 5280, section 5). The platform only makes such lists and looks them up in
/// the network; a list in a file is read here. Its signature is not checked: whoever can write the file can also replace the key.
/// </summary>
internal sealed class RevocationList
{
    private readonly HashSet<(string Issuer, string Serial)> _revoked = [];
    private int _lists;

    private RevocationList()
    {
    }

    /// <summary>When the oldest part was to be replaced.</summary>
    public DateTimeOffset? NextUpdate { get; private set; }

    /// <param name="content">One list in DER, or any number of them in PEM.</param>
    /// <exception cref="CryptographicException">It is neither.</exception>
    public static RevocationList Parse(byte[] content)
    {
        var list = new RevocationList();
        try
        {
            var rest = content.AsSpan();
            if (!PemEncoding.TryFindUtf8(rest, out var fields))
            {
                list.Add(content);
            }

            for (; PemEncoding.TryFindUtf8(rest, out fields); rest = rest[fields.Location.End..])
            {
                if (rest[fields.Label].SequenceEqual("X509 CRL"u8))
                {
                    list.Add(Convert.FromBase64String(Encoding.ASCII.GetString(rest[fields.Base64Data])));
                }
            }
        }
        catch (AsnContentException error)
        {
            throw new CryptographicException($"it holds no list of revoked certificates: {error.Message}", error);
        }

        return list._lists > 0 ? list : throw new CryptographicException("it holds no list of revoked certificates (X509 CRL)");
    }

    public bool Contains(X509Certificate2 certificate) =>
        _revoked.Contains((Convert.ToHexString(certificate.IssuerName.RawData), Number(certificate.SerialNumberBytes.Span)));

    private void Add(byte[] der)
    {
        var list = new AsnReader(new AsnReader(der, AsnEncodingRules.DER).ReadSequence().ReadEncodedValue(), AsnEncodingRules.DER).ReadSequence();
        if (list.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
        {
            list.ReadIntegerBytes();
        }

        list.ReadSequence();
        var issuer = Convert.ToHexString(list.ReadEncodedValue().Span);
        ReadTime(list);
        if (IsTime(list) && ReadTime(list) is var next && !(next > NextUpdate))
        {
            NextUpdate = next;
        }

        if (list.HasData && list.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            for (var entries = list.ReadSequence(); entries.HasData;)
            {
                _revoked.Add((issuer, Number(entries.ReadSequence().ReadIntegerBytes().Span)));
            }
        }

        _lists++;
    }

    private static bool IsTime(AsnReader reader) =>
        reader.HasData && (reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) || reader.PeekTag().HasSameClassAndValue(Asn1Tag.GeneralizedTime));

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    /// <summary>Without the zeros in front, which some write and some do not.</summary>
    private static string Number(ReadOnlySpan<byte> bigEndian) => Convert.ToHexString(bigEndian.TrimStart((byte)0));
}
