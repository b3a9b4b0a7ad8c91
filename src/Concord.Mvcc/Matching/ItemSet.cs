namespace Concord.Mvcc.Matching;

/// <summary>
/// The items of one range: a list, for walking over them, with the place of each once there are so many that searching
/// would show (ten thousand watchers of one key that leave together).
/// </summary>
internal sealed class ItemSet<T>
    where T : notnull
{
    private const int SearchedMax = 16;

    private readonly List<T> _items = new(1);
    private Dictionary<T, int>? _places;

    public List<T> Items => _items;

    public bool IsEmpty => _items.Count == 0;

    public bool Add(T item)
    {
        if (PlaceOf(item) >= 0)
        {
            return false;
        }

        _places?.Add(item, _items.Count);
        _items.Add(item);
        if (_places is null && _items.Count > SearchedMax)
        {
            _places = new(_items.Count * 2);
            for (var i = 0; i < _items.Count; i++)
            {
                _places.Add(_items[i], i);
            }
        }

        return true;
    }

    public bool Remove(T item)
    {
        var place = PlaceOf(item);
        if (place < 0)
        {
            return false;
        }

        // The last one takes the free place.
        var last = _items[^1];
        _items[place] = last;
        _items.RemoveAt(_items.Count - 1);
        if (_places is not null)
        {
            _places[last] = place;
            _places.Remove(item);
        }

        return true;
    }

    private int PlaceOf(T item) =>
        _places is null ? _items.IndexOf(item)
        : _places.TryGetValue(item, out var place) ? place
        : -1;
}
