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
    private readonly LastKnownGoodFile _file;
    private readonly ConfigurationView _view;

    /// <param name="directory">Where the file lives; made on first use, readable by this user only.
    /// <see cref="DefaultDirectory"/> is a good one.</param>
    public ConfigCacheFile(string directory, ConfigurationView view, ILogger log, ConfigCacheProtector? protector = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        ArgumentNullException.ThrowIfNull(view);
        _view = view;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(view.Key)))[..12];
        _file = new(System.IO.Path.Combine(directory, $"{view.Application}.{view.Environment}.{hash}.lkg"), log, protector);
    }

    public string Path => _file.Path;

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
        if (!_file.TryRead(out var plain))
            return false;
        try
        {
            using var input = new CodedInputStream(plain);
            var view = new V1.ViewId();
            var content = new V1.EffectiveConfiguration();
            input.ReadMessage(view);
            input.ReadMessage(content);
            if (!view.Equals(_view.ToMessage()))
                return _file.Ignore("it belongs to another view");
            snapshot = SettingsSnapshot.From(content);
            return true;
        }
        catch (InvalidProtocolBufferException error)
        {
            return _file.Ignore(error.Message);
        }
    }

    /// <summary>Replaces the file in one step. A failure is logged; the service does not depend on it.</summary>
    public void Save(SettingsSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        _file.Write(Serialize(snapshot));
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
}
