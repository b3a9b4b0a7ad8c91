using Concord.Cli.Output;
using Concord.Client.Kv;

namespace Concord.Cli.Kv;

/// <summary>One line per changed key.</summary>
internal sealed class KvWatchPrinter(Invocation call, KvEncoding encoding)
{
    public void Write(KvWatchEvent news)
    {
        switch (news)
        {
            case KvWatchEvent.Changed changed:
                foreach (var change in changed.Changes)
                    WriteChange(changed.Revision, change);
                break;
            case KvWatchEvent.Relisted relisted:
                WriteRelisted(relisted);
                break;
            case KvWatchEvent.Interrupted interrupted:
                WriteInterrupted(interrupted);
                break;
        }
    }

    private void WriteChange(long revision, KvChange change)
    {
        if (call.WantsJson)
        {
            var written = encoding.ForJson(change.Key);
            Write(new KvEvent
            {
                Event = change.Deleted ? "delete" : "put",
                Revision = revision,
                Encoding = KvEncodings.NameOf(written),
                Key = written.Exact(change.Key),
                Current = Pair(change.Current),
                Previous = Pair(change.Previous),
            });
            return;
        }

        var before = change.Previous is null ? "" : $"  was {encoding.Show(change.Previous.Value)}";
        var at = Ink.Dim($"{Moment.TimeOfDay(call.Host.Time.GetUtcNow(), call.Host.Time)}  {revision}  ");
        if (change.Deleted)
            call.Screen.Line(at, new Ink($"- {encoding.Show(change.Key)}", Palette.Removed), Ink.Dim(before));
        else
            call.Screen.Line(at, new Ink($"+ {encoding.Show(change.Key)}", Palette.Added), "  ", encoding.Show(change.Current!.Value), Ink.Dim(before));
    }

    private void WriteRelisted(KvWatchEvent.Relisted relisted)
    {
        if (call.WantsJson)
        {
            Write(new KvEvent
            {
                Event = "relisted",
                Revision = relisted.Revision,
                Pairs = [.. relisted.Pairs.Select(pair => KvPairJson.Of(pair, encoding))],
                Reason = $"revisions below {relisted.CompactedRevision} are compacted",
            });
            return;
        }

        call.ErrorScreen.Line(
            new Ink("changes are lost: ", Palette.Warning),
            $"revisions below {relisted.CompactedRevision} are compacted. This is everything there is at revision {relisted.Revision}:");
        foreach (var pair in relisted.Pairs)
            call.Screen.Line(Ink.Dim($"{relisted.Revision}  "), $"= {encoding.Show(pair.Key)}  {encoding.Show(pair.Value)}");
    }

    private void WriteInterrupted(KvWatchEvent.Interrupted interrupted)
    {
        if (call.WantsJson)
            Write(new KvEvent { Event = "disconnected", Reason = interrupted.Reason.Message });
        else
            call.ErrorScreen.Line(new Ink("connection lost", Palette.Warning), Ink.Dim($": {interrupted.Reason.Message}; trying again"));
    }

    private KvPairJson? Pair(KeyValue? pair) => pair is null ? null : KvPairJson.Of(pair, encoding);

    private void Write(KvEvent one) => Json.Write(call.Host.Out, one, OutputJson.Lines.KvEvent);
}
