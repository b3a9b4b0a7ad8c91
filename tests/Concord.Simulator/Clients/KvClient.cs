using System.Globalization;
using Concord.Mvcc;
using Concord.Simulator.Checks;
using Concord.Simulator.Hosts;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Clients;

/// <summary>Puts, deletes, compare-and-swap, transactions over two keys and reads of registers, each value written once.</summary>
internal sealed class KvClient(Simulation world, int number, Dice dice) : Client(world, number, dice)
{
    private readonly Dictionary<string, string?> _seen = new(StringComparer.Ordinal);

    protected override void Act()
    {
        string key = $"k{Dice.Below(World.Dials.Keys)}";
        switch (Dice.Below(100))
        {
            case < 35:
                string value = NewValue();
                Propose(new WriteCommand(Put(key, value)), _ => Think(), _ => [(key, new RegisterCall.Write(NumberOf(value)))]);
                break;
            case < 43:
                Propose(
                    new WriteCommand(new DeleteOperation(KeyRange.Single(Bytes(key)))), _ => Think(), result => [(key, new RegisterCall.Delete(result.Deleted == 1))]);
                break;
            case < 58:
                CompareAndSet(key);
                break;
            case < 65:
                // A family of its own, deleted as a range.
                if (Dice.Below(6) == 0)
                    Propose(new WriteCommand(new DeleteOperation(KeyRange.Prefix(Bytes("r/")))), _ => Think());
                else
                    Propose(new WriteCommand(Put($"r/{Dice.Below(8)}", NewValue())), _ => Think());
                break;
            case < 90:
                Read(KeyRange.Single(Bytes(key)), linearizable: true, answer => Seen(key, answer), result => [(key, new RegisterCall.Read(Observed(result)))]);
                break;
            case < 95:
                Read(KeyRange.All, linearizable: Dice.Flip(), _ => Think());
                break;
            default:
                Read(KeyRange.Single(Bytes(key)), linearizable: false, answer => Seen(key, answer));
                break;
        }
    }

    private void CompareAndSet(string key)
    {
        string? expected = _seen.GetValueOrDefault(key);
        string value = NewValue();
        string other = $"k{Dice.Below(World.Dials.Keys)}";
        bool both = other != key && Dice.Flip();
        var comparison = expected is null
            ? new Comparison(KeyRange.Single(Bytes(key)), ComparisonTarget.CreateRevision, ComparisonResult.Equal)
            : new Comparison(KeyRange.Single(Bytes(key)), ComparisonTarget.Value, ComparisonResult.Equal) { Value = Bytes(expected) };
        var transaction = new TransactionOperation(
            [comparison], both ? [Put(key, value), Put(other, value)] : [Put(key, value)], [new RangeOperation(KeyRange.Single(Bytes(key)))]);
        Propose(new WriteCommand(transaction), answer => Swapped(key, value, answer), result => Calls(result));

        IEnumerable<(string, RegisterCall)> Calls(ModelResult result)
        {
            if (result.Succeeded != true)
            {
                yield return (key, new RegisterCall.Read(Observed(result)));
                yield break;
            }

            yield return (key, new RegisterCall.CompareAndSet(NumberOf(expected), NumberOf(value), Succeeded: true));
            if (both)
                yield return (other, new RegisterCall.Write(NumberOf(value)));
        }
    }

    private void Swapped(string key, string value, ClientAnswer answer)
    {
        if (answer.Kind == AnswerKind.Done)
        {
            var result = ModelResult.Of(answer.Result!);
            _seen[key] = result.Succeeded == true ? value : ValueOf(result);
        }

        Think();
    }

    private void Seen(string key, ClientAnswer answer)
    {
        if (answer.Kind == AnswerKind.Done)
            _seen[key] = ModelResult.ValuesOf(answer.Range!).FirstOrDefault()?[(key.Length + 1)..];
        Think();
    }

    private string NewValue() => Workload.NextNumber().ToString(CultureInfo.InvariantCulture);

    private static PutOperation Put(string key, string value) => new(Bytes(key), Bytes(value));

    private static string? ValueOf(ModelResult result) => result.Values is [var only] ? only[(only.IndexOf('=', StringComparison.Ordinal) + 1)..] : null;

    private static long Observed(ModelResult result) => NumberOf(ValueOf(result));

    private static long NumberOf(string? value) => value is null ? 0 : long.Parse(value, CultureInfo.InvariantCulture);
}
