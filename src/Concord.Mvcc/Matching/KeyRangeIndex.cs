namespace Concord.Mvcc;

/// <summary>Finds, among many registered key ranges, those that a key is in.</summary>
public sealed class KeyRangeIndex<T>
    where T : notnull
{
    public void Add(KeyRange range, T item) => throw new NotImplementedException();

    /// <summary>False if the pair is not registered.</summary>
    public bool Remove(KeyRange range, T item) => throw new NotImplementedException();

    /// <summary>Appends the items whose range contains the key.</summary>
    public void Find(ReadOnlySpan<byte> key, List<T> items) => throw new NotImplementedException();
}
