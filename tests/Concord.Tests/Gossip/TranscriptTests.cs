namespace Concord.Tests.Gossip;

/// <summary>Runs every file of the Transcripts folder; a file that no test names would be dead, so the folder is the list.</summary>
public sealed class TranscriptTests
{
    public static TheoryData<string> All => new(TranscriptFile.Names("Gossip"));

    [Theory]
    [MemberData(nameof(All))]
    public void It_prints_what_is_written(string name) => TranscriptFile.Run("Gossip", name, new TranscriptGroup().Execute);
}
