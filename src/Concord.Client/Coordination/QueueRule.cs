using Concord.Client.Kv;

namespace Concord.Client.Coordination;

/// <summary>When a place has its turn, and what it waits for until then.</summary>
/// <remarks>
/// Each waiter watches one key, so that a release wakes one waiter and not the whole queue.
/// </remarks>
internal abstract record QueueRule
{
    private QueueRule()
    {
    }

    /// <summary>What the key holds while it waits.</summary>
    public abstract KvBytes Waiting { get; }

    /// <summary>What it holds from the turn on; the same: it is not written again.</summary>
    public virtual KvBytes Holding => Waiting;

    /// <summary>How many places before it must be known; 0 is all.</summary>
    public abstract int Sight { get; }

    /// <summary>What to wait for next; null when it is the place's turn.</summary>
    /// <param name="before">The places before it, nearest first.</param>
    public abstract QueueWait? Judge(string name, IReadOnlyList<KeyValue> before);

    /// <summary>Alone: after everybody who came before. That is etcd's lock, and its election with a value.</summary>
    public sealed record Exclusive(KvBytes Value) : QueueRule
    {
        public override KvBytes Waiting => Value;

        public override int Sight => 1;

        public override QueueWait? Judge(string name, IReadOnlyList<KeyValue> before) =>
            before is [var nearest, ..] ? new(KeyRange.Single(nearest.Key), OrChanged: false) : null;
    }

    /// <summary>With other readers: after every writer who came before, be it a plain lock.</summary>
    public sealed record Shared : QueueRule
    {
        public static KvBytes Mark { get; } = "read";

        public override KvBytes Waiting => Mark;

        public override int Sight => 0;

        public override QueueWait? Judge(string name, IReadOnlyList<KeyValue> before) =>
            before.FirstOrDefault(one => one.Value != Mark) is { } writer ? new(KeyRange.Single(writer.Key), OrChanged: false) : null;
    }

    /// <summary>
    /// Among the first so many. The places hold "waiting n" or "holding n": a waiter watches the one before it, until that has its turn
    /// too; then it is the first of those who wait, and the only one to be woken by a release.
    /// </summary>
    public sealed record Limited(int Permits) : QueueRule
    {
        private const string WaitingWord = "waiting";
        private const string HoldingWord = "holding";

        public override KvBytes Waiting => $"{WaitingWord} {Permits}";

        public override KvBytes Holding => $"{HoldingWord} {Permits}";

        public override int Sight => 0;

        public override QueueWait? Judge(string name, IReadOnlyList<KeyValue> before)
        {
            if (before.FirstOrDefault(one => one.Value != Waiting && one.Value != Holding) is { } other)
            {
                throw new InvalidOperationException(
                    $"The semaphore {name} is in use with '{other.Value}', and this call asks for {Permits} permits: give the same number everywhere, and no lock the same name.");
            }

            if (before.Count < Permits)
                return null;
            return before[0].Value == Waiting
                ? new(KeyRange.Single(before[0].Key), OrChanged: true)
                : new(KeyRange.Prefix($"{name}/"), OrChanged: false);
        }
    }
}

/// <summary>A deletion in the range, or any change of it.</summary>
internal sealed record QueueWait(KeyRange Range, bool OrChanged);
