using System.Net;
using System.Net.NetworkInformation;

namespace Concord.Agent.Checks;

/// <summary>The addresses of this host: loopback, and what its interfaces have. Safe to use from any thread.</summary>
internal sealed class OwnAddresses(TimeProvider time)
{
    /// <summary>Interfaces come and go with containers and leases; asking for them each time a check connects would cost more than the check.</summary>
    private static readonly TimeSpan Known = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private HashSet<IPAddress>? _addresses;
    private long _asked;

    public bool Contains(IPAddress address) => IPAddress.IsLoopback(address) || Addresses().Contains(Plain(address));

    private HashSet<IPAddress> Addresses()
    {
        lock (_lock)
        {
            if (_addresses is null || time.GetElapsedTime(_asked) >= Known)
            {
                _asked = time.GetTimestamp();
                try
                {
                    _addresses = [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(static one => one.GetIPProperties().UnicastAddresses).Select(static one => Plain(one.Address))];
                }
                catch (NetworkInformationException)
                {
                    // What was known must do; without it only loopback is this host.
                    _addresses ??= [];
                }
            }

            return _addresses;
        }
    }

    /// <summary>Without the interface, which an address that a check names rarely has.</summary>
    private static IPAddress Plain(IPAddress address) => new(address.GetAddressBytes());
}
