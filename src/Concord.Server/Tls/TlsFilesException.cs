namespace Concord.Server.Tls;

/// <summary>A file of certificates or keys cannot be used; the message names the setting and the file.</summary>
internal sealed class TlsFilesException(string flag, string file, string problem)
    : Exception($"{flag} '{file}': {problem}");
