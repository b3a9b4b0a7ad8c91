using System.Net;
using Concord.Gossip;
using Concord.Members;
using Concord.Members.Keys;
using Concord.Members.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Tests.Members;

/// <summary>Members on real sockets of the loopback address, with times that a test can wait for.</summary>
internal sealed class RealGroup : IAsyncDisposable
{
    public const ulong Cluster = 0xC0FFEE;

    private readonly List<GossipMember> _members = [];

    public static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public IReadOnlyList<GossipMember> Members => _members;

    public GossipMember this[int index] => _members[index];

    /// <summary>Members that have joined the first one.</summary>
    public static async Task<RealGroup> StartAsync(int members, Func<int, KeyringFile?>? keys = null)
    {
        var group = new RealGroup();
        for (var i = 0; i < members; i++)
        {
            group.Start($"m{i}", keys?.Invoke(i));
        }

        foreach (var member in group._members.Skip(1))
        {
            Assert.Equal(1, await member.JoinAsync([group[0].Address], Patience));
        }

        await group.UntilAsync(() => group._members.All(member => group.Living(member) == members), "everybody knows everybody");
        return group;
    }

    public GossipMember Start(string name, KeyringFile? file = null, ulong cluster = Cluster, GossipPort? port = null)
    {
        port ??= GossipPort.Bind(new(IPAddress.Loopback, 0));
        var member = GossipMember.Start(Options(name, port, file, cluster), port, NullLogger.Instance);
        _members.Add(member);
        return member;
    }

    public int Living(GossipMember member) => member.Members.Count(one => one.Status == MemberStatus.Alive);

    public MemberStatus? StatusOf(int of, int at) => _members[at].Find(_members[of].Name)?.Status;

    public async Task UntilAsync(Func<bool> condition, string what)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var patience = Patience;
        while (!condition())
        {
            Assert.False(patience.IsCancellationRequested, $"still not so: {what}\n" + string.Join('\n', _members.Select(
                member => $"{member.Name}: {string.Join(' ', member.Members.Select(one => $"{one.Info.Name}={one.Status}"))}")));
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members)
        {
            await member.DisposeAsync();
        }
    }

    private static GossipMemberOptions Options(string name, GossipPort port, KeyringFile? file, ulong cluster) => new()
    {
        Name = name,
        Address = port.Reached(null, 0)!.Value,
        ClusterId = cluster,
        Metadata = new(MemberMetadata.Agent),
        Keys = file?.Read(),
        KeyFile = file,
        Tune = static options => options with
        {
            ProbeInterval = 200,
            ProbeTimeout = 80,
            GossipInterval = 20,
            PushPullInterval = 500,
            ReconnectInterval = 500,
            ReclaimDead = 0,
            StreamTimeout = 5_000,
        },
    };
}
