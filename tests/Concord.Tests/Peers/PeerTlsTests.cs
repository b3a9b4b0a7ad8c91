using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Concord.Server.Peers;

namespace Concord.Tests.Peers;

public sealed class PeerTlsTests : IDisposable
{
    private static readonly DateTimeOffset From = DateTimeOffset.UtcNow.AddDays(-1);

    private readonly string _folder = Directory.CreateTempSubdirectory("concord-test-").FullName;
    private readonly List<PeerTls> _loaded = [];

    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    public void Dispose()
    {
        _loaded.ForEach(tls => tls.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Members_with_certificates_of_one_authority_talk()
    {
        using var authority = Authority("ca");
        using PeerEnd a = new(1, tls: Member(authority, "ca", "concord")), b = new(2, tls: Member(authority, "ca", "concord"));
        PeerEnd.Connect(a, b);
        await a.ExpectAsync(b.Id, PeerEvent.Connected);
        await b.ExpectAsync(a.Id, PeerEvent.Connected);

        Assert.True(a.Send(b, 4, bytes: 3_000_000));
        Assert.Equal(4, ((PeerMessage.Propose)await b.ReceiveAsync()).Numbers[0]);
    }

    [Fact]
    public async Task The_end_of_a_member_is_noticed_through_tls_too()
    {
        using var authority = Authority("ca");
        using PeerEnd a = new(1, tls: Member(authority, "ca", "concord"));
        using (PeerEnd b = new(2, tls: Member(authority, "ca", "concord")))
        {
            PeerEnd.Connect(a, b);
            await a.ExpectAsync(b.Id, PeerEvent.Connected);
            await b.ExpectAsync(a.Id, PeerEvent.Connected);
        }

        await a.ExpectAsync(new(2), PeerEvent.ConnectionRefused);
    }

    [Fact]
    public void A_certificate_of_another_authority_is_refused_on_both_sides()
    {
        using var ours = Authority("ca");
        using var theirs = Authority("other");
        using PeerEnd a = new(1, tls: Member(ours, "ca", "concord"));
        var stranger = Member(theirs, "other", "concord");

        var error = Assert.ThrowsAny<IOException>(() => Open(a, stranger));

        Assert.Contains("TLS", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_of_another_name_is_refused()
    {
        using var authority = Authority("ca");
        using PeerEnd a = new(1, tls: Member(authority, "ca", "concord", allowedName: "concord"));

        using (Open(a, Member(authority, "ca", "concord")))
        {
        }

        Assert.ThrowsAny<IOException>(() => Open(a, Member(authority, "ca", "somebody")));
    }

    [Fact]
    public void Clear_text_is_not_taken_for_tls_nor_the_other_way_round()
    {
        using var authority = Authority("ca");
        using PeerEnd secure = new(1, tls: Member(authority, "ca", "concord")), clear = new(2);

        Assert.ThrowsAny<IOException>(() => Open(secure, null));
        Assert.ThrowsAny<IOException>(() => Open(clear, Member(authority, "ca", "concord")));
    }

    private static PeerConnection Open(PeerEnd to, PeerTls? tls)
    {
        using PeerEnd from = new(9);
        var options = from.Options with { Tls = tls };
        var hello = new PeerHello(PeerVersions.Spoken, PeerLane.Messages, 1, from.Id, to.Id, "n9", []);
        return PeerConnection.Open(new(to.Url), hello, options, Patience);
    }

    private X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var certificate = request.CreateSelfSigned(From, From.AddYears(1));
        File.WriteAllText(Path.Combine(_folder, name + ".pem"), certificate.ExportCertificatePem());
        return certificate;
    }

    private PeerTls Member(X509Certificate2 authority, string authorityName, string name, string allowedName = "")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, From, From.AddDays(90), RandomNumberGenerator.GetBytes(8));
        var file = Path.Combine(_folder, Path.GetRandomFileName());
        File.WriteAllText(file + ".crt", certificate.ExportCertificatePem());
        File.WriteAllText(file + ".key", key.ExportPkcs8PrivateKeyPem());
        var tls = PeerTls.Load(file + ".crt", file + ".key", Path.Combine(_folder, authorityName + ".pem"), isMutual: true, allowedName);
        _loaded.Add(tls);
        return tls;
    }
}
