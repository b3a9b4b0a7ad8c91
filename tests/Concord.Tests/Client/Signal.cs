using System.Threading.Channels;

namespace Concord.Tests.Client;

/// <summary>Collects what an event brings and lets a test wait for it.</summary>
internal sealed class Signal<T>
{
    private readonly Channel<T> _values = Channel.CreateUnbounded<T>();
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Add(T value)
    {
        Interlocked.Increment(ref _count);
        _values.Writer.TryWrite(value);
    }

    public async Task<T> NextAsync(Func<T, bool>? wanted = null)
    {
        using var bound = new CancellationTokenSource(Wait.Bound);
        while (true)
        {
            var value = await _values.Reader.ReadAsync(bound.Token);
            if (wanted is null || wanted(value))
                return value;
        }
    }
}
