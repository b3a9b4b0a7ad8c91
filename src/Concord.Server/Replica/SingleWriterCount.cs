namespace Concord.Server.Replica;

/// <summary>A number that one thread changes and any reads: no lock and no locked instruction on the way of a call.</summary>
internal sealed class SingleWriterCount
{
    private long _value;

    public long Value => Volatile.Read(ref _value);

    public void Add(long more) => Volatile.Write(ref _value, _value + more);

    public void Set(long value) => Volatile.Write(ref _value, value);
}
