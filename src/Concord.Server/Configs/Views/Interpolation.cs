using System.Text;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Views;

/// <summary>What could not be resolved in a view. Its key keeps the text as written.</summary>
internal sealed record ViewProblem(string Key, int Layer, int Line, ConfigErrorCode Code, string Message);

/// <summary>
/// Fills in references: <c>${other:key}</c> is the value of that key in the same view, itself filled in; references
/// nest (<c>${hosts:${zone}}</c>), dots may stand for colons, and <c>$${</c> is the text <c>${</c>. A reference to a
/// key that is not there, to itself by a chain, or beyond a limit is a problem of the key that holds it, and of every
/// key that leads to it.
/// </summary>
internal sealed class Interpolation
{
    private readonly IReadOnlyList<FlatSetting> _settings;
    private readonly Dictionary<string, int> _index;
    private readonly State[] _states;
    private readonly string[] _values;
    private readonly List<ViewProblem> _problems = [];
    private readonly List<int> _path = [];
    private string _failure = "";
    private ConfigErrorCode _failureCode;
    private int _cycleStart = int.MaxValue;

    private Interpolation(IReadOnlyList<FlatSetting> settings)
    {
        _settings = settings;
        _states = new State[settings.Count];
        _values = new string[settings.Count];
        _index = new(settings.Count, KeyText.Identity);
        for (var i = 0; i < settings.Count; i++)
        {
            _index.Add(settings[i].Key, i);
        }
    }

    private enum State : byte
    {
        Unvisited,
        InProgress,
        Resolved,
        Failed,
    }

    /// <summary>The values in the order of the settings, and what is wrong with some of them.</summary>
    public static (string[] Values, List<ViewProblem> Problems) Resolve(IReadOnlyList<FlatSetting> settings)
    {
        var interpolation = new Interpolation(settings);
        for (var i = 0; i < settings.Count; i++)
        {
            interpolation.Visit(i);
        }

        return (interpolation._values, interpolation._problems);
    }

    /// <summary>Fills in one key; false leaves the reason in <see cref="_failure"/>.</summary>
    private bool Visit(int at)
    {
        if (_states[at] == State.Resolved || _states[at] == State.Failed)
        {
            return _states[at] == State.Resolved;
        }

        var raw = _settings[at].Value.Text;
        _states[at] = State.InProgress;
        _path.Add(at);
        var depth = _path.Count - 1;
        string? value = raw;
        var resolved = !raw.Contains("${", StringComparison.Ordinal) || TryFill(raw, out value);
        _path.RemoveAt(depth);
        if (resolved)
        {
            (_states[at], _values[at]) = (State.Resolved, value!);
            return true;
        }

        (_states[at], _values[at]) = (State.Failed, raw);
        _problems.Add(new(_settings[at].Key, _settings[at].Value.Layer, _settings[at].Value.Line, _failureCode, $"{_settings[at].Key}: {_failure}"));
        if (depth <= _cycleStart)
        {
            // Keys above this one only lead to the failure; those on a cycle all name the cycle.
            _cycleStart = int.MaxValue;
            Fail(ConfigErrorCode.UnresolvedReference, $"it refers to '{_settings[at].Key}', which cannot be resolved.");
        }

        return false;
    }

    private bool TryFill(string raw, out string? value)
    {
        var at = 0;
        return TryFill(raw, ref at, inReference: false, out value);
    }

    /// <summary>Reads up to the end of the text, or of a reference behind its closing brace.</summary>
    private bool TryFill(string raw, ref int at, bool inReference, out string? value)
    {
        var output = new StringBuilder();
        value = null;
        while (at < raw.Length)
        {
            if (inReference && raw[at] == '}')
            {
                at++;
                value = output.ToString();
                return true;
            }

            if (StartsAt(raw, at, "$${"))
            {
                output.Append("${");
                at += 3;
            }
            else if (StartsAt(raw, at, "${"))
            {
                at += 2;
                if (!TryFill(raw, ref at, inReference: true, out var key) || !TryLookUp(key!, out var found))
                {
                    return false;
                }

                output.Append(found);
            }
            else
            {
                output.Append(raw[at++]);
            }

            if (output.Length > ConfigLimits.InterpolatedCharacters)
            {
                return Fail(ConfigErrorCode.TooLarge, $"it has more than {ConfigLimits.InterpolatedCharacters} characters after its references are filled in.");
            }
        }

        value = output.ToString();
        return !inReference || Fail(ConfigErrorCode.UnresolvedReference, "a reference '${' has no '}'; write '$${' for the text '${'.");
    }

    private bool TryLookUp(string key, out string? value)
    {
        value = null;
        if (!_index.TryGetValue(key, out var at) && !_index.TryGetValue(key.Replace('.', KeyText.Separator), out at))
        {
            return Fail(ConfigErrorCode.UnresolvedReference, $"there is no key '{ConfigNames.Shorten(key)}' to refer to.");
        }

        switch (_states[at])
        {
            case State.InProgress:
                return FailCycle(at);
            case State.Failed:
                return Fail(ConfigErrorCode.UnresolvedReference, $"it refers to '{_settings[at].Key}', which cannot be resolved.");
            case State.Unvisited when _path.Count > ConfigLimits.InterpolationDepth:
                return Fail(ConfigErrorCode.TooLarge, $"it leads through more than {ConfigLimits.InterpolationDepth} references.");
            case State.Unvisited when !Visit(at):
                return false;
        }

        value = _values[at];
        return true;
    }

    private bool FailCycle(int at)
    {
        _cycleStart = _path.IndexOf(at);
        var chain = _path.Skip(_cycleStart).Append(at).Select(index => _settings[index].Key);
        return Fail(ConfigErrorCode.UnresolvedReference, $"it refers to itself: {string.Join(" → ", chain)}.");
    }

    private bool Fail(ConfigErrorCode code, string message)
    {
        (_failureCode, _failure) = (code, message);
        return false;
    }

    private static bool StartsAt(string text, int at, string part) => text.AsSpan(at).StartsWith(part, StringComparison.Ordinal);
}
