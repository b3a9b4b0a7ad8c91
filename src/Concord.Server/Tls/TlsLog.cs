namespace Concord.Server.Tls;

/// <summary>What is to be said about certificates, ids 1160 to 1169.</summary>
internal sealed partial class TlsLog(ILogger logger)
{
    [LoggerMessage(1160, LogLevel.Information, "Using the certificate of {Subject} from '{File}', good until {NotAfter:u}")]
    public partial void Loaded(string subject, string file, DateTime notAfter);

    [LoggerMessage(1161, LogLevel.Warning, "Changed certificates cannot be used, so the old ones stay: {Problem}")]
    public partial void NotReloaded(string problem);

    [LoggerMessage(1162, LogLevel.Warning, "The certificate in '{File}' is good until {NotAfter:u} only; replace it")]
    public partial void Expiring(string file, DateTime notAfter);

    [LoggerMessage(1163, LogLevel.Warning, "Refused the connection of {Address} (certificate: {Subject}): {Reason}")]
    public partial void Refused(string address, string subject, string reason);

    [LoggerMessage(1164, LogLevel.Warning, "The list of revoked certificates in '{File}' was to be replaced by {NextUpdate:u}; using it all the same")]
    public partial void OldRevocations(string file, DateTimeOffset nextUpdate);

    [LoggerMessage(1165, LogLevel.Information, "Made a certificate: '{File}'")]
    public partial void Made(string file);
}
