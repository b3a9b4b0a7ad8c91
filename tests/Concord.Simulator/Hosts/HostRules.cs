using Concord.Raft;

namespace Concord.Simulator.Hosts;

/// <summary>
/// The rules of a host that a core cannot enforce itself, as it keeps them. Canaries are hosts that break one of them: each
/// override must be noticed by a checker.
/// </summary>
internal class HostRules
{
    /// <summary>Flush, then promise.</summary>
    public virtual bool FlushesBeforePromising => true;

    /// <summary>What goes to the disk is what the core asked for.</summary>
    public virtual LogWrite ToDisk(LogWrite write) => write;

    /// <summary>The newest write that is reported durable when <paramref name="flushed"/> are and <paramref name="appended"/> were handed over.</summary>
    public virtual ulong Persisted(ulong flushed, ulong appended) => flushed;
}
