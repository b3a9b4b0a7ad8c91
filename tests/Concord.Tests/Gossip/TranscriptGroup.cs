using System.Globalization;
using System.Text;
using Concord.Gossip;

namespace Concord.Tests.Gossip;

/// <summary>The commands of the transcripts. Lines of output begin with the time in milliseconds.</summary>
internal sealed class TranscriptGroup
{
    private readonly GossipGroup _group = new();
    private readonly StringBuilder _output = new();
    private readonly HashSet<(string, string)> _cut = [];
    private Func<GossipOptions, GossipOptions> _options = static options => options;
    private bool _quiet;

    public TranscriptGroup()
    {
        _group.LosesPacket = (from, to, _) => _cut.Contains((from.Name, to.Name));
        _group.LosesStream = (from, to) => _cut.Contains((from.Name, to.Name)) || _cut.Contains((to.Name, from.Name));
        _group.Log = line =>
        {
            if (!_quiet)
            {
                Line(line);
            }
        };
        _group.Happened = (member, happened) => Line($"{member.Name}: {TranscriptPrinter.Event(happened)}");
    }

    public string Execute(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _output.Clear();
        string[] arguments = words[1..];
        switch (words[0])
        {
            case "options": SetOptions(arguments); break;
            case "member": Members(arguments); break;
            case "run": Run(arguments); break;
            case "cut": Cut(arguments); break;
            case "heal": _cut.Clear(); break;
            case "stop": All(arguments, member => member.IsStopped = true); break;
            case "deaf": All(arguments, member => member.IsPacketDeaf = true); break;
            case "show": All(arguments, Show); break;
            default: Input(words[0], _group[arguments[0]], arguments[1..]); break;
        }

        return _output.Length == 0 ? "ok" : _output.ToString();
    }

    private void Input(string command, GossipMember member, string[] arguments)
    {
        long now = _group.Now;
        switch (command)
        {
            case "join":
                member.Core.Join(now, [.. arguments.Select(name => int.TryParse(name, CultureInfo.InvariantCulture, out int number) ? GossipGroup.AddressOf(number) : _group[name].Address)]);
                break;
            case "leave":
                member.Core.Leave(now);
                break;
            case "update":
                member.Core.Update(now, Encoding.UTF8.GetBytes(arguments[0]));
                break;
            case "event":
                member.Core.SendUserEvent(now, arguments[0], Encoding.UTF8.GetBytes(arguments[1]));
                break;
            case "tell":
                member.Core.Receive(now, GossipGroup.AddressOf(99), [Rumour(arguments)]);
                break;
            default:
                throw new InvalidOperationException($"unknown command {command}");
        }

        _group.Perform(member);
    }

    /// <summary>tell a suspect b/0 from c; tell a alive b/3 at 9; tell a dead b/0 from c.</summary>
    private static GossipMessage Rumour(string[] words)
    {
        string[] subject = words[1].Split('/');
        uint incarnation = uint.Parse(subject[1], CultureInfo.InvariantCulture);
        return words[0] switch
        {
            "suspect" => new GossipMessage.Suspect(incarnation, subject[0], words[3]),
            "dead" => new GossipMessage.Dead(incarnation, subject[0], words[3]),
            "alive" => new GossipMessage.Alive(incarnation, new(subject[0], GossipGroup.AddressOf(Number(words[3])))),
            _ => throw new InvalidOperationException($"no rumour {words[0]}"),
        };
    }

    private void SetOptions(string[] arguments)
    {
        foreach (string argument in arguments)
        {
            string[] pair = argument.Split('=');
            int value = Number(pair[1]);
            var before = _options;
            Func<GossipOptions, GossipOptions> change = pair[0] switch
            {
                "stream-probe" => o => o with { StreamProbe = value != 0 },
                "health-max" => o => o with { LocalHealthMax = value },
                "suspicion-max" => o => o with { SuspicionMaxMultiplier = value },
                "push-pull" => o => o with { PushPullInterval = value },
                "reconnect" => o => o with { ReconnectInterval = value },
                "to-the-dead" => o => o with { GossipToTheDead = value },
                "forget-dead" => o => o with { ForgetDead = value },
                "reclaim-dead" => o => o with { ReclaimDead = value },
                "members-max" => o => o with { MembersMax = value },
                _ => throw new InvalidOperationException($"unknown option {pair[0]}"),
            };
            _options = options => change(before(options));
        }
    }

    /// <summary>member a b c; member a at 9.</summary>
    private void Members(string[] arguments)
    {
        int at = Array.IndexOf(arguments, "at");
        foreach (string name in at < 0 ? arguments : arguments[..at])
        {
            _group.Add(name, _options, at < 0 ? null : Number(arguments[at + 1]));
        }
    }

    private void Run(string[] arguments)
    {
        _quiet = arguments.Length > 1 && arguments[1] == "quiet";
        _group.Run(Number(arguments[0]));
        _quiet = false;
    }

    /// <summary>cut a b: both ways. cut a &gt; b: one way.</summary>
    private void Cut(string[] arguments)
    {
        _cut.Add((arguments[0], arguments[^1]));
        if (arguments.Length == 2)
        {
            _cut.Add((arguments[1], arguments[0]));
        }
    }

    private void Show(GossipMember member)
    {
        var states = member.Core.Members.OrderBy(state => state.Info.Name, StringComparer.Ordinal).Select(TranscriptPrinter.State);
        _output.AppendLine($"  {member.Name} sees {string.Join(", ", states)}; health {member.Core.HealthScore}, {member.Core.Waiting} waiting");
    }

    private void All(string[] names, Action<GossipMember> action)
    {
        foreach (string name in names)
        {
            action(_group[name]);
        }
    }

    private void Line(string text) => _output.Append(CultureInfo.InvariantCulture, $"  {_group.Now,6} {text}").AppendLine();

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
