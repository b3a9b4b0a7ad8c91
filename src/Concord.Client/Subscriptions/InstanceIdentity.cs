using System.Security.Cryptography;
using V1 = Concord.Protocol.V1;

namespace Concord.Client.Subscriptions;

/// <summary>How this process introduces itself: unique per process, and readable in a list of instances.</summary>
internal static class InstanceIdentity
{
    private static readonly string Nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));

    private static readonly string Version =
        typeof(InstanceIdentity).Assembly.GetName().Version is { } version ? $"{version.Major}.{version.Minor}.{version.Build}" : "";

    public static V1.Instance Of(string host) => new()
    {
        Id = $"{host}-{Environment.ProcessId}-{Nonce}",
        Host = host,
        ProcessId = Environment.ProcessId,
        Client = $"concord-dotnet/{Version}",
    };
}
