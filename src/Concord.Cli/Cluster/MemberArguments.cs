using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Concord.Client.Cluster;

namespace Concord.Cli.Cluster;

/// <summary>How members are written on the command line.</summary>
internal static class MemberArguments
{
    private const string NewMemberForm = "NAME=URL[,URL…]";

    /// <summary>A member that is to be added.</summary>
    public static Argument<NewcomerText> Newcomer() => new(NewMemberForm)
    {
        Description = "Name of the new member, and where the other members will reach it: n4=http://10.0.0.4:2380",
        CustomParser = result => ParseNewcomer(result.Tokens.Single().Value, result),
    };

    /// <summary>Several members that are to be added.</summary>
    public static Option<NewcomerText[]> Newcomers(string description) => new("--add")
    {
        Description = description,
        HelpName = NewMemberForm,
        CustomParser = result => [.. result.Tokens.Select(token => ParseNewcomer(token.Value, result))],
    };

    /// <summary>A member that is there, by name or number.</summary>
    public static Member Find(IReadOnlyList<Member> members, string word)
    {
        Member[] named = [.. members.Where(member => member.Name == word)];
        if (named.Length > 1)
        {
            throw new CommandException(
                ExitCode.Usage, $"{named.Length} members have the name '{word}'.",
                $"Name it by its id: {string.Join(" or ", named.Select(member => Hex(member.Id)))}");
        }

        return named is [var only] ? only
            : ulong.TryParse(word, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id)
                && members.FirstOrDefault(member => member.Id == id) is { } numbered ? numbered
            : throw new CommandException(
                ExitCode.NotFound, $"There is no member '{word}'.", $"The members are {string.Join(", ", members.Select(NameOf))}.");
    }

    /// <summary>What people call a member; one that was never started has only its id.</summary>
    public static string NameOf(Member member) => member.Name.Length > 0 ? member.Name : Hex(member.Id);

    public static string Hex(ulong id) => id.ToString("x", CultureInfo.InvariantCulture);

    private static NewcomerText ParseNewcomer(string text, ArgumentResult result)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            result.AddError($"'{text}' is no new member: write {NewMemberForm}, such as n4=http://10.0.0.4:2380");
            return null!;
        }

        var urls = new List<string>();
        foreach (var one in text[(equals + 1)..].Split(','))
        {
            if (PeerAddress.Parse(one, out var url) is { } problem)
                result.AddError(problem);
            else
                urls.Add(url);
        }

        return new(text[..equals], urls);
    }
}

/// <summary>A new member as it was written: a name for its start, addresses for the others.</summary>
internal sealed record NewcomerText(string Name, IReadOnlyList<string> PeerUrls);
