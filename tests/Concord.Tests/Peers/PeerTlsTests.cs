using Concord.Server.Cluster;
using Concord.Server.Peers;
using Concord.Server.Tls;
using Concord.Tests.Tls;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Concord.Tests.Peers;

public sealed class PeerTlsTests
{
    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Fact]
    public async Task Members_with_certificates_of_one_authority_talk()
    {
        using var authority = new TestAuthority("ca");
        using PeerEnd a = new(1, tls: Member(authority, "concord")), b = new(2, tls: Member(authority, "concord"));
        PeerEnd.Connect(a, b);
        await a.ExpectAsync(b.Id, PeerEvent.Connected);
        await b.ExpectAsync(a.Id, PeerEvent.Connected);

        Assert.True(a.Send(b, 4, bytes: 3_000_000));
        Assert.Equal(4, ((PeerMessage.Propose)await b.ReceiveAsync()).Numbers[0]);
    }

    [Fact]
    public async Task The_end_of_a_member_is_noticed_through_tls_too()
    {
        using var authority = new TestAuthority("ca");
        using PeerEnd a = new(1, tls: Member(authority, "concord"));
        using (PeerEnd b = new(2, tls: Member(authority, "concord")))
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
        using var ours = new TestAuthority("ca");
        using var theirs = new TestAuthority("other");
        using PeerEnd a = new(1, tls: Member(ours, "concord"));
        var stranger = Member(theirs, "concord");

        var error = Assert.ThrowsAny<IOException>(() => Open(a, stranger));

        Assert.Contains("TLS", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_of_another_name_is_refused()
    {
        using var authority = new TestAuthority("ca");
        using PeerEnd a = new(1, tls: Member(authority, "concord", "concord"));

        using (Open(a, Member(authority, "concord")))
        {
        }

        Assert.ThrowsAny<IOException>(() => Open(a, Member(authority, "somebody")));
    }

    [Fact]
    public void A_certificate_that_was_taken_back_is_refused()
    {
        using var authority = new TestAuthority("ca");
        var (good, bad) = (authority.Issue("good"), authority.Issue("bad"));
        var list = Path.Combine(authority.Folder, "crl");
        File.WriteAllBytes(list, authority.Revoke(bad));
        using PeerEnd a = new(1, tls: Member(Options(authority, good) with { CrlFile = list }));

        using (Open(a, Member(Options(authority, good))))
        {
        }

        Assert.ThrowsAny<IOException>(() => Open(a, Member(Options(authority, bad))));
    }

    [Fact]
    public void Replaced_files_are_used_for_new_connections()
    {
        using var ours = new TestAuthority("ca");
        using var theirs = new TestAuthority("other");
        var time = new FakeTimeProvider();
        var files = ours.Issue("n1");
        using PeerEnd a = new(1, tls: Member(Options(ours, files), time));
        using var before = Open(a, Member(ours, "n2"));
        Assert.ThrowsAny<IOException>(() => Open(a, Member(theirs, "n2")));

        files.ReplaceBy(theirs.Issue("n1"));
        File.Copy(theirs.File, ours.File, overwrite: true);
        Assert.ThrowsAny<IOException>(() => Open(a, Member(theirs, "n2")));
        time.Advance(TlsFiles.CheckInterval);
        using (Open(a, Member(theirs, "n2")))
        {
        }

        Assert.False(before.IsClosed);
    }

    [Fact]
    public void Members_may_make_their_certificates_themselves()
    {
        using var folder = new TestAuthority();
        PeerTls Made(string name)
        {
            var own = new SelfSignedCertificate(folder.Folder, name, [new("https://10.0.0.1:2380")], years: 1, new TlsLog(NullLogger.Instance), TimeProvider.System);
            own.Ensure();
            return Member(new TlsOptions { AutoTls = true, CertFile = own.CertificateFile, KeyFile = own.KeyFile });
        }

        using PeerEnd a = new(1, tls: Made("n1"));
        using (Open(a, Made("n2")))
        {
        }
    }

    [Fact]
    public void Clear_text_is_not_taken_for_tls_nor_the_other_way_round()
    {
        using var authority = new TestAuthority("ca");
        using PeerEnd secure = new(1, tls: Member(authority, "concord")), clear = new(2);

        Assert.ThrowsAny<IOException>(() => Open(secure, null));
        Assert.ThrowsAny<IOException>(() => Open(clear, Member(authority, "concord")));
    }

    private static PeerConnection Open(PeerEnd to, PeerTls? tls)
    {
        using PeerEnd from = new(9);
        var options = from.Options with { Tls = tls };
        var hello = new PeerHello(PeerVersions.Spoken, PeerLane.Messages, 1, from.Id, to.Id, "n9", []);
        return PeerConnection.Open(new(to.Url), hello, options, Patience);
    }

    private static PeerTls Member(TestAuthority authority, string name, params string[] allowedNames) =>
        Member(Options(authority, authority.Issue(name)) with { AllowedNames = allowedNames });

    private static PeerTls Member(TlsOptions options, TimeProvider? time = null) =>
        new(new TlsPort(options, TlsFlagNames.Peers, new(), NullLogger.Instance, own: null, time));

    private static TlsOptions Options(TestAuthority authority, IssuedCertificate issued) =>
        new() { CertFile = issued.File, KeyFile = issued.KeyFile, TrustedCaFile = authority.File, ClientCertAuth = true };
}
