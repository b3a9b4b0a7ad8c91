using Concord.Client.Coordination;

namespace Concord.Extensions.Leading;

/// <summary>How the instances of a service elect the one that runs it.</summary>
public sealed record LeaderElectedOptions
{
    /// <summary>How long a leader that has died is waited for; see <see cref="LockOptions.Ttl"/>.</summary>
    public TimeSpan Ttl { get; init; } = new LockOptions().Ttl;

    /// <summary>What others see of the leader. Default: the machine and the process.</summary>
    public string Value { get; init; } = $"{Environment.MachineName}/{Environment.ProcessId}";
}
