using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Concord.Client.Cache;

/// <summary>
/// A file with what was known last, framed by <see cref="ConfigCacheFormat"/> and replaced in one step. A damaged, foreign or unreadable file is
/// ignored with a warning, and one that cannot be written is a warning too: nothing that works with a server fails for want of it.
/// </summary>
internal sealed class LastKnownGoodFile(string path, ILogger log, ConfigCacheProtector? protector = null)
{
    /// <summary>Nothing larger is read: the server bounds what it sends well below.</summary>
    private const int BytesMax = 64 * 1024 * 1024;

    public string Path { get; } = path;

    /// <summary>Reads the file. False if there is none, or none to be trusted.</summary>
    public bool TryRead([NotNullWhen(true)] out byte[]? content)
    {
        content = null;
        try
        {
            if (!File.Exists(Path))
                return false;
            if (DirectoryFault() is { } fault)
                return Ignore(fault);
            if (new FileInfo(Path).Length > BytesMax)
                return Ignore($"it is larger than {BytesMax} bytes");
            if (!ConfigCacheFormat.TryUnwrap(File.ReadAllBytes(Path), out var payload, out var isProtected, out var damage))
                return Ignore(damage);
            if (isProtected && protector is null)
                return Ignore("it is encrypted and no protector is configured");
            if (!isProtected && protector is not null)
                return Ignore("it is not encrypted although a protector is configured");
            content = protector is null ? payload : protector.Unprotect(payload);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return Ignore(error.Message);
        }
    }

    /// <summary>Replaces the file. A failure is logged; the service does not depend on it.</summary>
    public void Write(byte[] content)
    {
        var temporary = $"{Path}.{Environment.ProcessId}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}.tmp";
        try
        {
            CreateDirectory();
            if (DirectoryFault() is { } fault)
            {
                ClientLog.CacheNotWritten(log, Path, fault);
                return;
            }

            Write(temporary, ConfigCacheFormat.Wrap(protector is null ? content : protector.Protect(content), protector is not null));
            File.Move(temporary, Path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            ClientLog.CacheNotWritten(log, Path, error.Message);
            DeleteQuietly(temporary);
        }
    }

    /// <summary>Says why the file is not used; always false.</summary>
    public bool Ignore(string reason)
    {
        ClientLog.CacheIgnored(log, Path, reason);
        return false;
    }

    private static void Write(string path, byte[] content)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        file.Write(content);
        // Before the rename: otherwise a crash may leave the new name with old or no content.
        file.Flush(flushToDisk: true);
    }

    private void CreateDirectory()
    {
        var directory = System.IO.Path.GetDirectoryName(Path)!;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>In a place that everybody may write to, somebody else could leave a configuration for us.</summary>
    private string? DirectoryFault()
    {
        if (OperatingSystem.IsWindows())
            return null;
        var directory = System.IO.Path.GetDirectoryName(Path)!;
        var mode = File.GetUnixFileMode(directory);
        if ((mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0)
            return $"other users may write to {directory}: take that right away or choose another directory";
        // Nobody else may write and this process can: then it is ours. A directory that another user made is not.
        var probe = System.IO.Path.Combine(directory, $".{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}");
        new FileStream(probe, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.DeleteOnClose,
        }).Dispose();
        return null;
    }

    private static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A small leftover, and why it came about is already logged.
        }
    }
}
