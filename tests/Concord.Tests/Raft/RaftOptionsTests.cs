using Concord.Raft;

namespace Concord.Tests.Raft;

public sealed class RaftOptionsTests
{
    private static readonly RaftOptions Good = new() { Id = new MemberId(1), Seed = 1 };

    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(Good.Validate());

    public static TheoryData<RaftOptions, string> Wrong => new()
    {
        { Good with { Id = MemberId.None }, nameof(RaftOptions.Id) },
        { Good with { HeartbeatTicks = 0 }, nameof(RaftOptions.HeartbeatTicks) },
        { Good with { ElectionTicks = 3, HeartbeatTicks = 3 }, nameof(RaftOptions.ElectionTicks) },
        { Good with { QuickElectionTicks = 0 }, nameof(RaftOptions.QuickElectionTicks) },
        { Good with { MaxInflightBytes = 10, MaxMessageBytes = 11 }, nameof(RaftOptions.MaxInflightBytes) },
        { Good with { MaxEntryBytes = MessageCodec.MaxEntryBytes + 1 }, nameof(RaftOptions.MaxEntryBytes) },
        { Good with { Reads = ReadMode.Lease, CheckQuorum = false }, nameof(RaftOptions.CheckQuorum) },
        { Good with { Reads = ReadMode.Lease, LeaseMarginTicks = 0 }, nameof(RaftOptions.LeaseMarginTicks) },
        { Good with { MaxMembers = 0 }, nameof(RaftOptions.MaxMembers) },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void A_wrong_option_is_named(RaftOptions options, string name)
    {
        Assert.Contains(name, Assert.Single(options.Validate()), StringComparison.Ordinal);
        var refused = Assert.Throws<ArgumentException>(() => new RaftCore(options, RecoveredState.Joining));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_reported_together() =>
        Assert.Equal(3, (Good with { Id = MemberId.None, MaxApplyBytes = 0, CatchUpEntries = -1 }).Validate().Count);
}
