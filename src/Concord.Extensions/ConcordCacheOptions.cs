using Concord.Client.Cache;
using Microsoft.AspNetCore.DataProtection;

namespace Concord.Extensions;

/// <summary>The file that a service starts from while no server is there.</summary>
public sealed class ConcordCacheOptions
{
    private const string Purpose = "Concord.LastKnownGood.v1";

    public bool Enabled { get; set; } = true;

    /// <summary>Default: <see cref="ConfigCacheFile.DefaultDirectory"/>. Must not be writable by other users.</summary>
    public string? Directory { get; set; }

    internal ConfigCacheProtector? Protector { get; private set; }

    /// <summary>
    /// Encrypts the file with Data Protection. The provider must exist before the host does, and its keys must survive a
    /// restart: <c>DataProtectionProvider.Create(new DirectoryInfo("/var/lib/orders/keys"))</c>.
    /// </summary>
    public void ProtectWith(IDataProtectionProvider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        var protector = provider.CreateProtector(Purpose);
        Protector = new ConfigCacheProtector(protector.Protect, protector.Unprotect);
    }
}
