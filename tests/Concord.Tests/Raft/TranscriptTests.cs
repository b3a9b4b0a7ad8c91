namespace Concord.Tests.Raft;

/// <summary>Runs every file of the Transcripts folder; a file that no test names would be dead, so the folder is the list.</summary>
public sealed class TranscriptTests
{
    public static TheoryData<string> Interactions => Names(name => !IsAboutMembershipAlone(name));

    public static TheoryData<string> Memberships => Names(IsAboutMembershipAlone);

    [Theory]
    [MemberData(nameof(Interactions))]
    public void Interaction_prints_what_is_written(string name) => TranscriptFile.Run("Raft", name, new TranscriptGroup().Execute);

    [Theory]
    [MemberData(nameof(Memberships))]
    public void Membership_rule_prints_what_is_written(string name) => TranscriptFile.Run("Raft", name, new MembershipTranscripts().Execute);

    private static bool IsAboutMembershipAlone(string name) =>
        name.StartsWith("rule-", StringComparison.Ordinal);

    private static TheoryData<string> Names(Func<string, bool> filter) => new(TranscriptFile.Names("Raft").Where(filter));
}
