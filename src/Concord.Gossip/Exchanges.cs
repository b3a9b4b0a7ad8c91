using System.Numerics;

namespace Concord.Gossip;

/// <summary>When a full exchange of state is due, and with whom: repairs what rumours missed, and joins halves that were cut apart.</summary>
internal sealed class Exchanges
{
    /// <summary>Up to here every member exchanges once an interval; beyond, each doubling adds one interval.</summary>
    private const int Unscaled = 32;

    private const int Whole = 1024;

    private readonly CoreState _state;
    private readonly Streams _streams;
    private readonly List<int> _picked = [];
    private long _lastExchange;
    private int _portion;
    private long _nextReconnect;

    public Exchanges(CoreState state, Streams streams)
    {
        _state = state;
        _streams = streams;
        _lastExchange = state.Now;
        _portion = state.Random.Below(Whole);
        _nextReconnect = state.Now + state.Random.Below(state.Options.ReconnectInterval);
    }

    public long NextDue => _state.IsLeaving ? long.MaxValue : Math.Min(NextExchange, _nextReconnect);

    /// <summary>
    /// By the size as of now: a member that has just joined does not know it yet when it begins. The first comes after a random
    /// portion of the interval, so that members that start together do not exchange together.
    /// </summary>
    private long NextExchange => _lastExchange + (Interval(_state.Options.PushPullInterval, _state.Members.Living) * _portion / Whole);

    /// <summary>Keeps the exchanges of the whole cluster from growing with the square of its size.</summary>
    public static long Interval(int interval, int members) =>
        members <= Unscaled ? interval : interval * (BitOperations.Log2((uint)(members - 1) / Unscaled) + 2L);

    public void Advance()
    {
        if (_state.IsLeaving)
        {
            return;
        }

        if (_state.Now >= NextExchange)
        {
            _lastExchange = _state.Now;
            _portion = Whole;
            Exchange(slot => _state.Members.Status(slot) == MemberStatus.Alive);
        }

        if (_state.Now >= _nextReconnect)
        {
            _nextReconnect = _state.Now + _state.Options.ReconnectInterval;
            if (DrawsReconnect())
            {
                Exchange(slot => _state.Members.Status(slot) == MemberStatus.Dead);
            }
        }
    }

    /// <summary>Of all the living together, about one tries each dead member in an interval.</summary>
    private bool DrawsReconnect() => _state.Members.Dead > 0 && _state.Random.Below(_state.Members.Living) < _state.Members.Dead;

    private void Exchange(Func<int, bool> wanted)
    {
        _state.Pick(1, wanted, _picked);
        if (_picked.Count > 0)
        {
            _streams.Exchange(_state.Members.Info(_picked[0]).Address);
        }
    }
}
