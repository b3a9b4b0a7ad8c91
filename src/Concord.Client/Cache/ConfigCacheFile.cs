using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Concord.Client.Configs;
using Concord.Client.Subscriptions;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using V1 = Concord.Protocol.V1;

namespace Concord.Client.Cache;

/// <summary>
/// The last known good configuration of a view on this machine's disk, so that a service starts while no server is
/// there. A damaged, foreign or unreadable file is ignored with a warning, never a reason to fail.
/// </summary>
public sealed class ConfigCacheFile
{
    /// <summary>Nothing larger is read: the server bounds a view well below.</summary>
    private const int BytesMax = 64 * 1024 * 1024;

    private readonly ConfigCacheProtector? _protector;
    private readonly ILogger _log;
    private readonly ConfigurationView _view;

    /// <param name="directory">Where the file lives; made on first use, readable by this user only.
    /// <see cref="DefaultDirectory"/> is a good one.</param>
    public ConfigCacheFile(string directory, ConfigurationView view, ILogger log, ConfigCacheProtector? protector = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        ArgumentNullException.ThrowIfNull(view);
        _view = view;
        _log = log;
        _protector = protector;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(view.Key)))[..12];
        Path = System.IO.Path.Combine(directory, $"{view.Application}.{view.Environment}.{hash}.lkg");
    }

    public string Path { get; }

    /// <summary>
    /// The user's local application data. Where there is no home directory, as in some containers: for root a directory
    /// under /var/lib, for others one of their own under /var/tmp, which unlike /tmp survives a restart of the machine.
    /// </summary>
    public static string DefaultDirectory
    {
        get
        {
            var local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
            if (local.Length > 0)
                return System.IO.Path.Combine(local, "concord", "configuration");
            if (Environment.IsPrivilegedProcess && Directory.Exists("/var/lib"))
                return "/var/lib/concord/configuration";
            var shared = Directory.Exists("/var/tmp") ? "/var/tmp" : System.IO.Path.GetTempPath();
            return System.IO.Path.Combine(shared, $"concord-{Environment.UserName}");
        }
    }

    /// <summary>Reads the file. False if there is none, or none to be trusted.</summary>
    public bool TryLoad([NotNullWhen(true)] out SettingsSnapshot? snapshot)
    {
        snapshot = null;
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
            if (isProtected && _protector is null)
                return Ignore("it is encrypted and no protector is configured");
            if (!isProtected && _protector is not null)
                return Ignore("it is not encrypted although a protector is configured");
            var plain = _protector is null ? payload : _protector.Unprotect(payload);
            using var input = new CodedInputStream(plain);
            var view = new V1.ViewId();
            var content = new V1.EffectiveConfiguration();
            input.ReadMessage(view);
            input.ReadMessage(content);
            if (!view.Equals(_view.ToMessage()))
                return Ignore("it belongs to another view");
            snapshot = SettingsSnapshot.From(content);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException
            or InvalidProtocolBufferException)
        {
            return Ignore(error.Message);
        }
    }

    /// <summary>Replaces the file in one step. A failure is logged; the service does not depend on it.</summary>
    public void Save(SettingsSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var temporary = $"{Path}.{Environment.ProcessId}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}.tmp";
        try
        {
            CreateDirectory();
            if (DirectoryFault() is { } fault)
            {
                ClientLog.CacheNotWritten(_log, Path, fault);
                return;
            }

            var plain = Serialize(snapshot);
            var payload = _protector is null ? plain : _protector.Protect(plain);
            Write(temporary, ConfigCacheFormat.Wrap(payload, _protector is not null));
            File.Move(temporary, Path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            ClientLog.CacheNotWritten(_log, Path, error.Message);
            DeleteQuietly(temporary);
        }
    }

    private byte[] Serialize(SettingsSnapshot snapshot)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            output.WriteMessage(_view.ToMessage());
            output.WriteMessage(snapshot.ToMessage());
        }

        return buffer.ToArray();
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

    private bool Ignore(string reason)
    {
        ClientLog.CacheIgnored(_log, Path, reason);
        return false;
    }
}
