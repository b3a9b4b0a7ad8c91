using Names = System.Collections.Generic.SortedDictionary<string, Concord.Simulator.Disk.SimulatedContents>;

namespace Concord.Simulator.Disk;

/// <summary>
/// Names as programs see them and as the medium has them. Between two flushes the changes reach the medium one by one
/// and in any order, so a crash keeps any subset of them.
/// </summary>
internal sealed class SimulatedDirectory
{
    private readonly List<NameChange> _pending = [];
    private readonly Names _medium = new(StringComparer.Ordinal);

    public Names Names { get; } = new(StringComparer.Ordinal);

    public long UsedBytes => Names.Values.Sum(contents => contents.Length);

    public void Set(string name, SimulatedContents contents) => Change(new NameChange(null, name, contents));

    public void Remove(string name) => Change(new NameChange(name, null, null));

    public void Rename(string from, string to, SimulatedContents contents) => Change(new NameChange(from, to, contents));

    public void Flush()
    {
        foreach (NameChange change in _pending)
            change.ApplyTo(_medium);
        _pending.Clear();
    }

    /// <summary>The cache believes that it has written what it has not.</summary>
    public void Forget() => _pending.Clear();

    public SimulatedDirectory AfterCrash(Random random, CrashLoss loss, Func<SimulatedContents, SimulatedContents> copy)
    {
        var names = new Names(_medium, StringComparer.Ordinal);
        foreach (NameChange change in _pending)
        {
            if (loss == CrashLoss.Nothing || (loss == CrashLoss.Random && random.Next(2) == 0))
                change.ApplyTo(names);
        }

        var result = new SimulatedDirectory();
        foreach ((string name, SimulatedContents contents) in names)
            result.Set(name, copy(contents));
        result.Flush();
        return result;
    }

    /// <summary>The same, with what is not flushed still not flushed.</summary>
    public SimulatedDirectory Copy(Func<SimulatedContents, SimulatedContents> copy)
    {
        var result = new SimulatedDirectory();
        foreach ((string name, SimulatedContents contents) in _medium)
            result._medium[name] = copy(contents);
        foreach ((string name, SimulatedContents contents) in Names)
            result.Names[name] = copy(contents);
        foreach (NameChange change in _pending)
            result._pending.Add(change with { Contents = change.Contents is { } contents ? copy(contents) : null });
        return result;
    }

    private void Change(NameChange change)
    {
        change.ApplyTo(Names);
        _pending.Add(change);
    }

    private readonly record struct NameChange(string? Removed, string? Added, SimulatedContents? Contents)
    {
        public void ApplyTo(Names names)
        {
            if (Removed is not null)
                names.Remove(Removed);
            if (Added is not null)
                names[Added] = Contents!;
        }
    }
}
