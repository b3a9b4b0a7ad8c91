using Concord.Cli.Output;
using Concord.Client.Configs;
using Concord.Client.Subscriptions;

namespace Concord.Cli.Config;

/// <summary>Says what a subscription brings: the state at first, then differences.</summary>
internal sealed class WatchPrinter(Invocation call, ConfigurationView view)
{
    private SettingsSnapshot? _shown;
    private bool _connected = true;

    public void Snapshot(SettingsSnapshot snapshot)
    {
        var before = _shown;
        _shown = snapshot;
        if (call.WantsJson)
            WriteEvent(before, snapshot);
        else if (before is null)
            WriteFirst(snapshot);
        else
            WriteChange(before, snapshot);
        if (before is null || !snapshot.Problems.SequenceEqual(before.Problems))
            WriteProblems(snapshot);
    }

    public void State(ConfigSubscriptionState state)
    {
        if (state.Refusal is { } refusal)
            throw refusal;
        if (state.Connected == _connected || _shown is null)
            return;

        _connected = state.Connected;
        if (call.WantsJson)
        {
            Write(new()
            {
                Event = _connected ? "connected" : "disconnected",
                Time = Now,
                Reason = _connected ? null : state.LastError,
            });
        }
        else
        {
            call.ErrorScreen.Line(
                Ink.Dim($"{Clock}  "),
                new Ink(_connected ? "connected again" : "connection lost", Palette.Warning),
                Ink.Dim(_connected ? "" : $": {state.LastError}; trying again"));
        }
    }

    private DateTimeOffset Now => call.Host.Time.GetUtcNow();

    private string Clock => Moment.TimeOfDay(Now, call.Host.Time);

    private void WriteFirst(SettingsSnapshot snapshot) => call.Screen.Line(
        Ink.Dim($"{Clock}  "),
        $"watching {InstanceJson.ViewOf(view)}: ",
        Ink.Strong(snapshot.Release == 0 ? "nothing published" : $"release {snapshot.Release}"),
        $", {snapshot.Settings.Count} {(snapshot.Settings.Count == 1 ? "key" : "keys")}");

    private void WriteChange(SettingsSnapshot before, SettingsSnapshot now)
    {
        call.Screen.Line(Ink.Dim($"{Clock}  "), Ink.Strong($"release {now.Release}"), Ink.Dim($"  revision {now.Revision}"));
        var keys = before.Settings.Keys.Union(now.Settings.Keys).Order(StringComparer.Ordinal)
            .Where(key => Value(before, key) != Value(now, key)).ToList();
        var width = keys.Count == 0 ? 0 : Math.Min(40, keys.Max(key => Visible.Of(key).Length));
        foreach (var key in keys)
        {
            var (old, current) = (Value(before, key), Value(now, key));
            var kind = old is null ? ChangeKind.Added : current is null ? ChangeKind.Removed : ChangeKind.Changed;
            ChangeList.WriteKey(call.Screen, kind, key, old, current, width);
        }
    }

    private void WriteEvent(SettingsSnapshot? before, SettingsSnapshot now) => Write(new()
    {
        Event = before is null ? "full" : "change",
        Time = Now,
        Release = now.Release,
        Revision = now.Revision,
        Version = now.Version,
        Set = new SortedDictionary<string, string>(
            now.Settings.Where(setting => before is null || Value(before, setting.Key) != setting.Value).ToDictionary(),
            StringComparer.Ordinal),
        Removed = before is null ? null : [.. before.Settings.Keys.Where(key => Value(now, key) is null).Order(StringComparer.Ordinal)],
        Problems = now.Problems.Count == 0 ? null : now.Problems,
    });

    private void WriteProblems(SettingsSnapshot snapshot)
    {
        if (call.WantsJson)
            return;
        foreach (var problem in snapshot.Problems)
            call.ErrorScreen.Line(new Ink("warning: ", Palette.Warning), Visible.Of(problem));
    }

    private void Write(ConfigEvent one) => Json.Write(call.Host.Out, one, OutputJson.Lines.ConfigEvent);

    private static string? Value(SettingsSnapshot snapshot, string key) => snapshot.Settings.GetValueOrDefault(key);
}
