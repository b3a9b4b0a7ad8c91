using System.Globalization;
using Concord.Raft;

namespace Concord.Tests.Raft;

/// <summary>The commands of transcripts about configurations and majorities alone.</summary>
internal sealed class MembershipTranscripts
{
    private Membership _current = Membership.Empty;

    public string Execute(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words[0] switch
        {
            "start" => "  " + TranscriptPrinter.Membership(_current = ParseMembership(words[1..])),
            "change" => Change(words[1..]),
            "commit" => Commit(words[1..]),
            "vote" => Vote(words[1..]),
            _ => throw new InvalidOperationException($"unknown command {words[0]}"),
        };
    }

    /// <summary>v4 l5 r2: add or promote voter 4, add or demote to learner 5, remove 2; then "joint" or "explicit". Or: leave.</summary>
    public static MembershipChange ParseChange(string[] words)
    {
        List<MemberChange> changes = [];
        var mode = JointMode.Auto;
        foreach (string word in words)
        {
            switch (word)
            {
                case "leave": return MembershipChange.LeaveJoint;
                case "joint": mode = JointMode.Joint; break;
                case "explicit": mode = JointMode.JointExplicit; break;
                default: changes.Add(new MemberChange(Kind(word[0]), new MemberId(Number(word[1..])))); break;
            }
        }

        return new MembershipChange(changes, mode);
    }

    /// <summary>voters 1 2 3 outgoing 2 3 4 learners 5 next 4 auto-leave.</summary>
    private static Membership ParseMembership(string[] words)
    {
        var lists = new Dictionary<string, List<MemberId>> { ["voters"] = [], ["outgoing"] = [], ["learners"] = [], ["next"] = [] };
        string list = "voters";
        foreach (string word in words.Where(w => w != "auto-leave"))
        {
            if (lists.ContainsKey(word))
            {
                list = word;
            }
            else
            {
                lists[list].Add(new MemberId(Number(word)));
            }
        }

        return new Membership(lists["voters"], lists["outgoing"], lists["learners"], lists["next"], words.Contains("auto-leave"));
    }

    private string Change(string[] words)
    {
        var (next, reason) = MembershipRules.Apply(_current, ParseChange(words), maxMembers: 7);
        if (next is null)
        {
            return $"  refused: {reason}";
        }

        Assert.Null(MembershipRules.Fault(next));
        _current = next;
        return "  " + TranscriptPrinter.Membership(next);
    }

    /// <summary>commit 1=5 2=7 3=_: what a quorum holds when members hold this much; _ is unknown, which counts as 0.</summary>
    private string Commit(string[] words)
    {
        var values = words.Select(w => w.Split('=')).ToDictionary(p => Number(p[0]), p => p[1] == "_" ? 0 : (long)Number(p[1]));
        long agreed = Quorum.Agreed(_current, member => values.GetValueOrDefault(member.Value));
        return agreed == long.MaxValue ? "  everything (nobody has to agree)" : $"  {agreed}";
    }

    /// <summary>vote 1=yes 2=no: members not named have not voted.</summary>
    private string Vote(string[] words)
    {
        var votes = words.Select(w => w.Split('=')).ToDictionary(p => Number(p[0]), p => p[1] == "yes");
        return $"  {Quorum.Tally(_current, member => votes.TryGetValue(member.Value, out bool vote) ? vote : null)}";
    }

    private static MemberChangeKind Kind(char letter) => letter switch
    {
        'v' => MemberChangeKind.AddVoter,
        'l' => MemberChangeKind.AddLearner,
        'r' => MemberChangeKind.Remove,
        _ => throw new InvalidOperationException($"unknown change {letter}"),
    };

    private static ulong Number(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);
}
