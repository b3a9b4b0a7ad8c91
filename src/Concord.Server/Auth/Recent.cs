using System.Diagnostics.CodeAnalysis;

namespace Concord.Server.Auth;

/// <summary>
/// Remembers what was used lately, in two generations: what is used moves to the newer one, and the older is dropped as a
/// whole when the newer is full or old. So it is bounded without a list of ages, and nothing stays longer than twice the time.
/// </summary>
internal sealed class Recent<TKey, TValue>(int countMax, TimeSpan keep, TimeProvider time)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private Dictionary<TKey, TValue> _newer = [];
    private Dictionary<TKey, TValue> _older = [];
    private long _since = time.GetTimestamp();

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (_lock)
        {
            Turn();
            if (_newer.TryGetValue(key, out value))
            {
                return true;
            }

            if (!_older.Remove(key, out value))
            {
                return false;
            }

            _newer[key] = value;
            return true;
        }
    }

    public void Set(TKey key, TValue value)
    {
        lock (_lock)
        {
            Turn();
            _newer[key] = value;
        }
    }

    private void Turn()
    {
        var passed = time.GetElapsedTime(_since);
        if (_newer.Count < countMax && passed < keep)
        {
            return;
        }

        // Nobody came for two whole spans: the newer one is as stale as the older.
        _older = passed >= 2 * keep ? [] : _newer;
        _newer = [];
        _since = time.GetTimestamp();
    }
}
