namespace Concord.EtcdBackend.Bolt;

/// <summary>A few pairs that are there already. A key may be given once.</summary>
public sealed class SortedPairs : BoltPairs
{
    private readonly IReadOnlyList<KeyValuePair<byte[], byte[]>> _pairs;
    private int _index = -1;

    public SortedPairs(IEnumerable<KeyValuePair<byte[], byte[]>> pairs) =>
        _pairs = [.. pairs.Order(Comparer<KeyValuePair<byte[], byte[]>>.Create((left, right) => left.Key.AsSpan().SequenceCompareTo(right.Key)))];

    public override int KeyLength => _pairs[_index].Key.Length;

    public override int ValueLength => _pairs[_index].Value.Length;

    public override bool MoveNext() => ++_index < _pairs.Count;

    public override void CopyKey(Span<byte> destination) => _pairs[_index].Key.CopyTo(destination);

    public override void CopyValue(Span<byte> destination) => _pairs[_index].Value.CopyTo(destination);
}
