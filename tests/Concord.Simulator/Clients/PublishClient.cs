using System.Globalization;
using Concord.Mvcc;
using Concord.Simulator.Checks;
using Concord.Simulator.Hosts;
using Concord.Simulator.Runs;

namespace Concord.Simulator.Clients;

/// <summary>
/// Publishes a configuration as the configuration centre does: reads all of it, then writes contents and release in one
/// transaction, if nobody published meanwhile. Compacts now and then, as an operator would.
/// </summary>
internal sealed class PublishClient(Simulation world, int number, Dice dice) : Client(world, number, dice)
{
    private static readonly string[] Documents = ["conf/a", "conf/b", "conf/c"];

    protected override void Act()
    {
        if (Dice.Below(4) == 0)
            Compact();
        else
            Read(KeyRange.Prefix(Bytes("conf/")), linearizable: Dice.Flip(), Publish);
    }

    private void Publish(ClientAnswer answer)
    {
        if (answer.Kind != AnswerKind.Done)
        {
            Think();
            return;
        }

        var items = answer.Range!.Items;
        var contents = items.Where(item => ModelResult.Text(item.KeySpan) != "conf/head").Select(item => ModelResult.Text(item.ValueSpan)).Distinct().ToList();
        if (items.Count > 0 && (contents.Count != 1 || items.Count != Documents.Length + 1))
            throw new SimulationFailedException($"a published configuration was read in part at revision {answer.Revision}: {string.Join(' ', ModelResult.ValuesOf(answer.Range!))}");
        long head = items.FirstOrDefault(item => ModelResult.Text(item.KeySpan) == "conf/head")?.ModRevision ?? 0;
        byte[] value = Bytes(Workload.NextNumber().ToString(CultureInfo.InvariantCulture));
        var unchanged = new Comparison(KeyRange.Single(Bytes("conf/head")), ComparisonTarget.ModRevision, ComparisonResult.Equal) { Number = head };
        Propose(
            new WriteCommand(new TransactionOperation([unchanged], [.. Documents.Append("conf/head").Select(key => new PutOperation(Bytes(key), value))], [])),
            _ => Think());
    }

    private void Compact()
    {
        long revision = Workload.Truth.Acknowledged - Dice.Pick([0, 0, 5, 50, 500]);
        if (revision <= 1)
            Think();
        else
            Propose(new CompactCommand(revision), _ => Think());
    }
}
