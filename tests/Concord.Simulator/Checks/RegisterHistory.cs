namespace Concord.Simulator.Checks;

/// <summary>What a call on one key did, as its client knows. Values are numbers; 0 is "no such key".</summary>
internal abstract record RegisterCall
{
    private RegisterCall()
    {
    }

    /// <summary>The state after the call, or null if the call cannot have happened in <paramref name="state"/>.</summary>
    public abstract long? After(long state);

    internal sealed record Read(long Observed) : RegisterCall
    {
        public override long? After(long state) => state == Observed ? state : null;
    }

    /// <summary>A put, or with 0 a delete.</summary>
    internal sealed record Write(long Value) : RegisterCall
    {
        public override long? After(long state) => Value;
    }

    /// <param name="Existed">Whether the delete found the key.</param>
    internal sealed record Delete(bool Existed) : RegisterCall
    {
        public override long? After(long state) => (state != 0) == Existed ? 0 : null;
    }

    /// <param name="Succeeded">Null if the client never heard.</param>
    internal sealed record CompareAndSet(long Expected, long Value, bool? Succeeded) : RegisterCall
    {
        public override long? After(long state) => Succeeded switch
        {
            true => state == Expected ? Value : null,
            false => state != Expected ? state : null,
            null => state == Expected ? Value : state,
        };
    }
}

/// <param name="End"><see cref="long.MaxValue"/> if the client never heard: the call took effect some time after its start.</param>
internal readonly record struct RegisterOperation(long Start, long End, RegisterCall Call);

internal enum Verdict
{
    Linearizable,
    NotLinearizable,

    /// <summary>Not decided within the bound: the problem is NP-complete.</summary>
    Undecided,
}

/// <summary>
/// Wing and Gong's search for a linearization (1993) with Lowe's memory of configurations that led nowhere (2017), for one key:
/// linearizability is local (Herlihy and Wing 1990), so each key's history is judged alone.
/// </summary>
/// <remarks>
/// The history is a list of calls and returns in the order of time. The search takes a call that is pending at the front,
/// and lifts it and its return out of the list; when it meets a return whose call was not taken, it must take back its last
/// choice. A configuration is the set of calls taken and the state they led to.
/// </remarks>
internal sealed class RegisterHistory
{
    private readonly List<RegisterOperation> _operations = [];

    public int Count => _operations.Count;

    public void Add(RegisterOperation operation)
    {
        if (operation.End < operation.Start)
            throw new ArgumentException($"A call cannot return ({operation.End}) before it was made ({operation.Start}).", nameof(operation));
        _operations.Add(operation);
    }

    /// <param name="stepsMax">Bounds the time; each step takes or takes back one call.</param>
    public Verdict Check(long stepsMax = 20_000_000)
    {
        var head = Build();
        var taken = new ulong[(_operations.Count + 63) / 64];
        var known = new HashSet<Configuration>();
        var choices = new Stack<(Node Call, long StateBefore)>();
        long state = 0;
        var node = head.Next;
        for (long step = 0; head.Next is not null; step++)
        {
            if (step == stepsMax)
                return Verdict.Undecided;
            if (node is { IsCall: true })
            {
                if (_operations[node.Operation].Call.After(state) is { } after && Note(known, taken, node.Operation, after))
                {
                    choices.Push((node, state));
                    state = after;
                    taken[node.Operation >> 6] |= 1UL << node.Operation;
                    node.Lift();
                    node = head.Next;
                }
                else
                {
                    node = node.Next;
                }

                continue;
            }

            // A return whose call was not taken, or the end with calls left over.
            if (!choices.TryPop(out var choice))
                return Verdict.NotLinearizable;
            state = choice.StateBefore;
            taken[choice.Call.Operation >> 6] &= ~(1UL << choice.Call.Operation);
            choice.Call.PutBack();
            node = choice.Call.Next;
        }

        return Verdict.Linearizable;
    }

    private static bool Note(HashSet<Configuration> known, ulong[] taken, int operation, long state)
    {
        ulong[] with = [.. taken];
        with[operation >> 6] |= 1UL << operation;
        return known.Add(new(with, state));
    }

    private Node Build()
    {
        var events = new List<(long Time, int Order, Node Node)>(2 * _operations.Count);
        for (int i = 0; i < _operations.Count; i++)
        {
            var call = new Node(i, isCall: true);
            call.Return = new Node(i, isCall: false);
            events.Add((_operations[i].Start, 0, call));
            events.Add((_operations[i].End, 1, call.Return));
        }

        // At one moment calls come before returns: then they overlap, which allows more and so never blames wrongly.
        var head = new Node(-1, isCall: false);
        var last = head;
        foreach (var (_, _, node) in events.OrderBy(e => e.Time).ThenBy(e => e.Order).ThenBy(e => e.Node.Operation))
        {
            last.Next = node;
            node.Previous = last;
            last = node;
        }

        return head;
    }

    private sealed class Node(int operation, bool isCall)
    {
        public int Operation => operation;

        public bool IsCall => isCall;

        public Node? Return { get; set; }

        public Node? Next { get; set; }

        public Node? Previous { get; set; }

        public void Lift()
        {
            Unlink();
            Return!.Unlink();
        }

        public void PutBack()
        {
            Return!.Link();
            Link();
        }

        private void Unlink()
        {
            Previous!.Next = Next;
            if (Next is not null)
                Next.Previous = Previous;
        }

        private void Link()
        {
            Previous!.Next = this;
            if (Next is not null)
                Next.Previous = this;
        }
    }

    private readonly struct Configuration(ulong[] taken, long state) : IEquatable<Configuration>
    {
        private readonly ulong[] _taken = taken;
        private readonly long _state = state;

        public bool Equals(Configuration other) => _state == other._state && _taken.AsSpan().SequenceEqual(other._taken);

        public override bool Equals(object? obj) => obj is Configuration other && Equals(other);

        public override int GetHashCode()
        {
            ulong hash = (ulong)_state;
            foreach (ulong word in _taken)
                hash = (hash ^ word) * 0x9E3779B97F4A7C15;
            return (int)(hash >> 32);
        }
    }
}
