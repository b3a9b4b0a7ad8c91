namespace Concord.Gossip;

/// <summary>
/// Everybody this member knows of, itself in slot 0. About 24 bytes a member and a shared record, so that ten thousand members
/// cost a quarter of a megabyte: columns instead of objects, and the times of the few that are not alive apart from them.
/// Slots stay the same while a member is known.
/// </summary>
internal sealed class MemberTable
{
    public const int None = -1;
    public const int Self = 0;

    private readonly ulong _seed;
    private readonly Dictionary<int, long> _changed = [];
    private readonly Stack<int> _free = [];
    private readonly int[] _counts = new int[4];
    private MemberInfo?[] _infos = new MemberInfo?[4];
    private uint[] _incarnations = new uint[4];
    private MemberStatus[] _statuses = new MemberStatus[4];

    // Open addressing with linear probing: slot + 1, 0 is empty.
    private int[] _index = new int[8];

    // All slots but 0, in the order in which they are probed.
    private int[] _order = new int[4];
    private int _used;

    /// <param name="seed">For the hash of names, so that nobody can choose names that collide, and the order of probes.</param>
    public MemberTable(ulong seed, MemberInfo self)
    {
        _seed = seed;
        Place(self, 0, MemberStatus.Alive);
    }

    /// <summary>All known, dead ones and this one included.</summary>
    public int Count => _used - _free.Count;

    /// <summary>Alive or suspect, this one included unless it left: n of the papers' formulas.</summary>
    public int Living => _counts[(int)MemberStatus.Alive] + _counts[(int)MemberStatus.Suspect];

    public int Dead => _counts[(int)MemberStatus.Dead];

    /// <summary>Slots of the others.</summary>
    public ReadOnlySpan<int> Order => _order.AsSpan(0, Others);

    private int Others { get; set; }

    public int Find(string name)
    {
        int mask = _index.Length - 1;
        for (int at = (int)Hash(name) & mask; _index[at] != 0; at = (at + 1) & mask)
        {
            int slot = _index[at] - 1;
            if (_infos[slot]!.Name == name)
            {
                return slot;
            }
        }

        return None;
    }

    public MemberInfo Info(int slot) => _infos[slot]!;

    public uint Incarnation(int slot) => _incarnations[slot];

    public MemberStatus Status(int slot) => _statuses[slot];

    public bool IsLiving(int slot) => _statuses[slot] <= MemberStatus.Suspect;

    public MemberState State(int slot) => new(_infos[slot]!, _incarnations[slot], _statuses[slot]);

    /// <summary>When a member became suspect, dead or left.</summary>
    public long Changed(int slot) => _changed[slot];

    public void SetInfo(int slot, MemberInfo info) => _infos[slot] = info;

    public void SetIncarnation(int slot, uint incarnation) => _incarnations[slot] = incarnation;

    public void SetStatus(int slot, MemberStatus status, long now)
    {
        _counts[(int)_statuses[slot]]--;
        _counts[(int)status]++;
        _statuses[slot] = status;
        if (status == MemberStatus.Alive)
        {
            _changed.Remove(slot);
        }
        else
        {
            _changed[slot] = now;
        }
    }

    /// <summary>Adds a living member at a random place of the order, so that its first probe is not later than others' (SWIM section 4.3).</summary>
    public int Add(MemberInfo info, uint incarnation, ref SplitMix random)
    {
        int slot = Place(info, incarnation, MemberStatus.Alive);
        if (Others == _order.Length)
        {
            Array.Resize(ref _order, Grown(_order.Length));
        }

        int at = random.Below(Others + 1);
        _order[Others] = _order[at];
        _order[at] = slot;
        Others++;
        return slot;
    }

    /// <summary>Room for exactly this many members, when it is known that they come.</summary>
    public void Reserve(int members)
    {
        if (members > _infos.Length)
        {
            Resize(members);
        }

        if (members - 1 > _order.Length)
        {
            Array.Resize(ref _order, members - 1);
        }
    }

    /// <summary>
    /// Begins a new round: those whose time is over are forgotten, the others shuffled (SWIM section 4.3: each member is probed
    /// once a round, so at the latest 2n − 1 probes after the last time).
    /// </summary>
    /// <param name="isOver">Of a slot that is dead or left.</param>
    public void Shuffle(ref SplitMix random, Func<int, bool> isOver, List<MemberInfo> forgotten)
    {
        int kept = 0;
        for (int i = 0; i < Others; i++)
        {
            int slot = _order[i];
            if (!IsLiving(slot) && isOver(slot))
            {
                forgotten.Add(_infos[slot]!);
                Remove(slot);
            }
            else
            {
                _order[kept++] = slot;
            }
        }

        Others = kept;
        for (int i = kept - 1; i > 0; i--)
        {
            int other = random.Below(i + 1);
            (_order[i], _order[other]) = (_order[other], _order[i]);
        }
    }

    private int Place(MemberInfo info, uint incarnation, MemberStatus status)
    {
        if (!_free.TryPop(out int slot))
        {
            if (_used == _infos.Length)
            {
                Resize(Grown(_used));
            }

            slot = _used++;
        }

        _infos[slot] = info;
        _incarnations[slot] = incarnation;
        _statuses[slot] = status;
        _counts[(int)status]++;
        Link(slot);
        return slot;
    }

    private void Remove(int slot)
    {
        Unlink(slot);
        _counts[(int)_statuses[slot]]--;
        _changed.Remove(slot);
        _infos[slot] = null;
        _free.Push(slot);
    }

    private static int Grown(int length) => length + Math.Max(4, length / 2);

    private void Resize(int capacity)
    {
        Array.Resize(ref _infos, capacity);
        Array.Resize(ref _incarnations, capacity);
        Array.Resize(ref _statuses, capacity);
        int needed = _index.Length;
        while (capacity > needed / 4 * 3)
        {
            needed *= 2;
        }

        if (needed > _index.Length)
        {
            _index = new int[needed];
            for (int slot = 0; slot < _used; slot++)
            {
                if (_infos[slot] is not null)
                {
                    Link(slot);
                }
            }
        }
    }

    private void Link(int slot)
    {
        int mask = _index.Length - 1;
        int at = (int)Hash(_infos[slot]!.Name) & mask;
        while (_index[at] != 0)
        {
            at = (at + 1) & mask;
        }

        _index[at] = slot + 1;
    }

    /// <summary>Closes the gap, so that no search ends early: what stands behind it moves up if its place allows.</summary>
    private void Unlink(int slot)
    {
        int mask = _index.Length - 1;
        int gap = (int)Hash(_infos[slot]!.Name) & mask;
        while (_index[gap] != slot + 1)
        {
            gap = (gap + 1) & mask;
        }

        for (int at = (gap + 1) & mask; _index[at] != 0; at = (at + 1) & mask)
        {
            int home = (int)Hash(_infos[_index[at] - 1]!.Name) & mask;
            if (((at - home) & mask) >= ((at - gap) & mask))
            {
                _index[gap] = _index[at];
                gap = at;
            }
        }

        _index[gap] = 0;
    }

    private uint Hash(string name)
    {
        ulong hash = _seed;
        foreach (char c in name)
        {
            hash = (hash ^ c) * 0x9E3779B97F4A7C15;
            hash ^= hash >> 29;
        }

        return (uint)hash;
    }
}
