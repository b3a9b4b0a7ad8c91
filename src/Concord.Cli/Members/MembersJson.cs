using Concord.Client.Members;

namespace Concord.Cli.Members;

/// <summary>Who is there, for scripts.</summary>
internal sealed record GossipGroupJson(string From, string ClusterId, bool Encrypted, IReadOnlyList<GossipMemberJson> Members)
{
    public static GossipGroupJson Of(GossipGroup group) =>
        new(group.From, Cluster.MemberArguments.Hex(group.ClusterId), group.IsEncrypted, [.. group.Members.Select(GossipMemberJson.Of)]);
}

internal sealed record GossipMemberJson(string Name, string Status, string? Role, string? Id, string Address, string? Zone, string? Version, IReadOnlyList<string> ClientUrls)
{
    public static GossipMemberJson Of(GossipMember member) => new(
        member.Name, Word(member.Status), Set(member.Role), Set(member.Id), member.Address, Set(member.Zone), Set(member.Version), member.ClientUrls);

    public static string Word(GossipStatus status) => status switch
    {
        GossipStatus.Alive => "alive",
        GossipStatus.Suspect => "suspect",
        GossipStatus.Dead => "dead",
        GossipStatus.Left => "left",
        _ => "unknown",
    };

    private static string? Set(string text) => text.Length > 0 ? text : null;
}

/// <param name="Payload">As text, if it is some.</param>
/// <param name="PayloadBase64">Otherwise.</param>
internal sealed record MemberEventJson(string Name, string? Payload, string? PayloadBase64, string Origin, ulong Time);

internal sealed record MemberKeyringJson(string Member, string? Error, IReadOnlyList<string> Keys);

/// <param name="Fingerprint">The key that it was about; left out for a list.</param>
internal sealed record KeyringJson(string? Fingerprint, IReadOnlyList<MemberKeyringJson> Members);
