namespace Concord.IntegrationTests;

/// <summary>Where a member of a cluster of processes runs.</summary>
/// <param name="Host">The address that it listens on and is reached by.</param>
/// <param name="Prefix">What the server is started with, such as a command that enters a network namespace; it must become the server.</param>
/// <param name="Directory">The data directory; null for one in the cluster's temporary folder.</param>
internal sealed record MemberSite(string Host, string[] Prefix, string? Directory = null)
{
    public static MemberSite Loopback { get; } = new("127.0.0.1", []);
}
