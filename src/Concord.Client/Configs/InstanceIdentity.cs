using System.Security.Cryptography;
using Concord.Protocol.V1;

namespace Concord.Client;

/// <summary>How this process introduces itself: unique per process, and readable in a list of instances.</summary>
internal static class InstanceIdentity
{
    private static readonly string Nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));

    private static readonly string Version =
        typeof(InstanceIdentity).Assembly.GetName().Version is { } version ? $"{version.Major}.{version.Minor}.{version.Build}" : "";

    public static Instance Of(string host) => new()
    {
        Id = $"{host}-{Environment.ProcessId}-{Nonce}",
        Host = host,
        ProcessId = Environment.ProcessId,
        Client = $"concord-dotnet/{Version}",
    };
}
