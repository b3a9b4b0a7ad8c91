using System.Net.Security;
using System.Security.Authentication;
using Concord.Server.Tls;

namespace Concord.Server.Peers;

/// <summary>
/// TLS between members: each shows its certificate, and with <c>--peer-client-cert-auth</c> demands the other's. Blocks, as
/// everything here does; the stream's timeouts apply.
/// </summary>
internal sealed class PeerTls(TlsPort port)
{
    /// <summary>The side that connects.</summary>
    /// <exception cref="AuthenticationException">The other's certificate is not to be trusted.</exception>
    public Stream Connect(Stream stream, string host)
    {
        var secure = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            secure.AuthenticateAsClient(port.ForConnect(host));
            return secure;
        }
        catch
        {
            secure.Dispose();
            throw;
        }
    }

    /// <summary>The side that was connected to.</summary>
    /// <exception cref="AuthenticationException">The other's certificate is missing or not to be trusted.</exception>
    public Stream Accept(Stream stream, string address)
    {
        var secure = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            secure.AuthenticateAsServer(port.ForAccept(address));
            return secure;
        }
        catch
        {
            secure.Dispose();
            throw;
        }
    }
}
