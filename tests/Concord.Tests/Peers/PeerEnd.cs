using System.Threading.Channels;
using Concord.Node;
using Concord.Raft;
using Concord.Server.Peers;
using Concord.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Tests.Peers;

/// <summary>One member's side of the transport, listening on a port of its own, with what it was told.</summary>
internal sealed class PeerEnd : IDisposable
{
    private readonly Channel<PeerMessage> _messages = Channel.CreateUnbounded<PeerMessage>();
    private readonly Channel<(MemberId Member, PeerEvent What)> _events = Channel.CreateUnbounded<(MemberId, PeerEvent)>();
    private readonly ManualResetEventSlim _open = new(initialState: true);

    public PeerEnd(ulong id, ulong cluster = 1, int port = 0, PeerTls? tls = null, long queueBytesMax = 32 << 20, Action<MemberId, PeerConnection>? snapshot = null, PeerVersions? versions = null)
    {
        Id = new(id);
        var scheme = tls is null ? "http" : "https";
        Options = new()
        {
            Identity = new MemberIdentity(cluster, id, $"n{id}"),
            ListenUrls = [new($"{scheme}://127.0.0.1:{port}")],
            AdvertiseUrls = [],
            Tls = tls,
            QueueBytesMax = queueBytesMax,
            Versions = versions ?? PeerVersions.Spoken,
            RetryMax = TimeSpan.FromMilliseconds(20),
        };
        Network = new(Options, new(), (member, what) => _events.Writer.TryWrite((member, what)), Receive, snapshot ?? ((_, _) => { }), new PeerLog(NullLogger.Instance));
        Network.Start();
        Url = $"{scheme}://127.0.0.1:{Port}";
    }

    public MemberId Id { get; }

    public PeerOptions Options { get; }

    public PeerNetwork Network { get; }

    public int Port => Network.Endpoints[0].Port;

    public string Url { get; set; }

    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    /// <summary>The group has agreed that these are the members, and that another one left.</summary>
    public void Agree(PeerEnd removed, params PeerEnd[] ends)
    {
        Follow(ends);
        var membership = Membership.Of([.. ends.Select(end => end.Id)]) with { Context = MemberDirectory.Empty.WithRemoved([removed.Id]).Encode() };
        Network.Publish(new(Options.Identity.ClusterId, Id, MemberId.None, new(1), membership));
    }

    /// <summary>Makes these ends the members that this one knows.</summary>
    public void Follow(params PeerEnd[] ends)
    {
        var directory = ends.Aggregate(MemberDirectory.Empty, (known, end) => known.With(end.Id, new($"n{end.Id}", [end.Url], [])));
        Network.Follow(Membership.Of([.. ends.Select(end => end.Id)]) with { Context = directory.Encode() });
    }

    public static void Connect(params PeerEnd[] ends)
    {
        foreach (var end in ends)
        {
            end.Follow(ends);
        }
    }

    /// <summary>Waits for an event about a member; others before it are passed over.</summary>
    public async Task ExpectAsync(MemberId member, PeerEvent what)
    {
        while (await _events.Reader.ReadAsync(Patience) != (member, what))
        {
        }
    }

    public async Task<PeerMessage> ReceiveAsync() => await _messages.Reader.ReadAsync(Patience);

    public bool Send(PeerEnd to, long number, int bytes = 0)
    {
        var sent = Network.Send(to.Id, new PeerMessage.Propose([number], [new byte[bytes]]), bytes);
        Network.Flush();
        return sent;
    }

    /// <summary>The replica behind this end takes nothing more until <see cref="TakeAgain"/>.</summary>
    public void StopTaking() => _open.Reset();

    public void TakeAgain() => _open.Set();

    public void Dispose()
    {
        _open.Set();
        Network.Dispose();
    }

    private void Receive(List<PeerMessage> messages, long bytes)
    {
        _open.Wait();
        messages.ForEach(message => _messages.Writer.TryWrite(message));
    }
}
