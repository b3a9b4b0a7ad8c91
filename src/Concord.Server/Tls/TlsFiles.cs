using Concord.Server.Cluster;

namespace Concord.Server.Tls;

/// <summary>
/// The files of one kind of port and what they hold now. They are looked at when a connection begins, at most once a second, so
/// nothing has to watch them, and it makes no difference how they are replaced: their content is compared, not their dates.
/// What cannot be used is told once and changes nothing.
/// </summary>
internal sealed class TlsFiles
{
    /// <summary>Reading some kilobytes costs less than a handshake; a second is soon enough for an operator.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    /// <summary>How often a certificate that the server has made itself is looked at: it is made anew weeks before its end.</summary>
    public static readonly TimeSpan RenewalInterval = TimeSpan.FromHours(1);

    /// <summary>Who still has such a certificate at start or reload has missed its renewal.</summary>
    private static readonly TimeSpan ExpiryWarning = TimeSpan.FromDays(7);

    private readonly TlsOptions _options;
    private readonly TlsFlagNames _names;
    private readonly TlsLog _log;
    private readonly SelfSignedCertificate? _own;
    private readonly TimeProvider _time;
    private readonly Lock _checking = new();
    private long _checkedAt;
    private long _renewedAt;
    private TlsFile[] _seen;
    private string? _problem;
    private volatile TlsMaterial _current;

    /// <exception cref="TlsFilesException">A file cannot be read or does not hold what it must.</exception>
    public TlsFiles(TlsOptions options, TlsFlagNames names, TlsLog log, SelfSignedCertificate? own, TimeProvider time)
    {
        _options = options;
        _names = names;
        _log = log;
        _own = own;
        _time = time;
        _renewedAt = time.GetTimestamp();
        _checkedAt = time.GetTimestamp();
        _seen = Read();
        _current = Parse(_seen);
        Tell(_current);
    }

    public TlsMaterial Current
    {
        get
        {
            if (_time.GetElapsedTime(Volatile.Read(ref _checkedAt)) >= CheckInterval && _checking.TryEnter())
            {
                // Others go on with what there is.
                try
                {
                    Check();
                    Volatile.Write(ref _checkedAt, _time.GetTimestamp());
                }
                finally
                {
                    _checking.Exit();
                }
            }

            return _current;
        }
    }

    private void Check()
    {
        try
        {
            Renew();
            var files = Read();
            if (files.Length == _seen.Length && files.Zip(_seen).All(pair => pair.First.HasSameContent(pair.Second)))
            {
                // Perhaps unreadable for a moment, and now as before.
                return;
            }

            _seen = files;
            var material = Parse(files);

            // What it replaces is left to the garbage collector: handshakes may be using it.
            _current = material;
            _problem = null;
            Tell(material);
        }
        catch (Exception error) when (error is TlsFilesException or IOException or UnauthorizedAccessException)
        {
            if (error.Message != _problem)
            {
                _problem = error.Message;
                _log.NotReloaded(error.Message);
            }
        }
    }

    private void Renew()
    {
        if (_own is not null && _time.GetElapsedTime(_renewedAt) >= RenewalInterval)
        {
            _renewedAt = _time.GetTimestamp();
            _own.Ensure();
        }
    }

    private TlsFile[] Read() =>
    [
        .. new[]
        {
            TlsFile.Read(_names.CertFile, _options.CertFile),
            TlsFile.Read(_names.KeyFile, _options.KeyFile),
            TlsFile.Read(_names.TrustedCaFile, _options.TrustedCaFile),
            TlsFile.Read(_names.CrlFile, _options.CrlFile),
        }.OfType<TlsFile>(),
    ];

    private TlsMaterial Parse(TlsFile[] files) => TlsMaterial.Of(
        files[0],
        files[1],
        files.FirstOrDefault(file => file.Flag == _names.TrustedCaFile),
        files.FirstOrDefault(file => file.Flag == _names.CrlFile));

    private void Tell(TlsMaterial material)
    {
        var certificate = material.Certificate.TargetCertificate;
        var notAfter = certificate.NotAfter.ToUniversalTime();
        _log.Loaded(certificate.Subject, _options.CertFile, notAfter);
        var now = _time.GetUtcNow();
        if (notAfter < now.UtcDateTime + ExpiryWarning)
        {
            _log.Expiring(_options.CertFile, notAfter);
        }

        if (material.Revoked?.NextUpdate is { } next && next < now)
        {
            _log.OldRevocations(_options.CrlFile, next);
        }
    }
}
