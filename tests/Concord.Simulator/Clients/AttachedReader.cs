using System.Globalization;
using Concord.Mvcc;
using Concord.Simulator.Checks;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Clients;

/// <summary>
/// Reads only, and stays with the member whose connection works, as a service does that reads its configuration: a leader that
/// is cut off from the others still has such clients, and what it tells them must not be old.
/// </summary>
internal sealed class AttachedReader(Simulation world, int number, Dice dice) : Client(world, number, dice)
{
    protected override int MoveChance => 5;

    protected override void Act()
    {
        string key = $"k{Dice.Below(World.Dials.Keys)}";
        Read(
            KeyRange.Single(Bytes(key)),
            linearizable: true,
            _ => Think(),
            result => [(key, new RegisterCall.Read(result.Values is [var only] ? long.Parse(only[(only.IndexOf('=', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture) : 0))]);
    }
}
