namespace Concord.Gossip;

/// <summary>
/// Rumours that find no probe to go along with get packets of their own: memberlist's gossip besides SWIM's piggy-backing. The
/// first leaves at once, the next ones an interval apart.
/// </summary>
internal sealed class Rumours(CoreState state)
{
    private readonly List<int> _targets = [];
    private long _next = state.Now;

    public long NextDue => state.Rumours.Count + state.UserRumours.Count == 0 ? long.MaxValue : _next;

    public void Advance()
    {
        if (state.Now < NextDue)
        {
            return;
        }

        _next = state.Now + state.Options.GossipInterval;
        state.Pick(state.Options.GossipTargets, Hears, _targets);
        foreach (int target in _targets)
        {
            // Empty once the last rumour was sent often enough.
            if (state.Rumours.Count + state.UserRumours.Count > 0)
            {
                state.Send(state.Members.Info(target).Address);
            }
        }
    }

    private bool Hears(int slot) => state.Members.IsLiving(slot)
        || (state.Members.Status(slot) == MemberStatus.Dead && state.Now - state.Members.Changed(slot) < state.Options.GossipToTheDead);
}
