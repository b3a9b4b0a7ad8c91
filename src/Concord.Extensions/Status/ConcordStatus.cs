using Concord.Extensions.Live;

namespace Concord.Extensions;

/// <summary>How this service's configuration is doing, for pages and probes of its own. A singleton of the host.</summary>
public sealed class ConcordStatus
{
    private readonly OptionsJudge _judge;

    internal ConcordStatus(OptionsJudge judge) => _judge = judge;

    /// <summary>One entry per configuration source; empty if there is none or it is switched off.</summary>
    public IReadOnlyList<ConcordViewStatus> Views
    {
        get
        {
            _judge.Attach();
            return [.. _judge.Followers.Select(ConcordViewStatus.Of)];
        }
    }
}
