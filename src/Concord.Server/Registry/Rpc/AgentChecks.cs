using Concord.Protocol.V1;
using Concord.Server.Registry.Checks;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Push;
using Grpc.Core;

namespace Concord.Server.Registry.Rpc;

/// <summary>Tells one agent what it is to look at: everything first, then what changed. It waits by itself and holds up nobody.</summary>
/// <param name="node">The agent.</param>
/// <param name="store">As the agent may use it.</param>
internal sealed class AgentChecks(string node, CheckBoard board, RegistryStore store, TimeProvider time)
{
    /// <summary>Instances in one message: some hundred kilobytes.</summary>
    private const int PageInstances = 500;

    private readonly Dictionary<(string Service, string Id), long> _told = [];
    private int _hidden;

    /// <exception cref="RegistryException">Who calls is not accepted, or no more.</exception>
    public async Task RunAsync(IServerStreamWriter<WatchChecksResponse> output, CancellationToken cancellation)
    {
        await board.Ready.WaitAsync(cancellation);
        await store.ReadToServeAsync(cancellation);
        using var following = board.Follow(node);
        for (var isFirst = true; ; isFirst = false)
        {
            var (instances, changed) = following.Look();
            var news = News(instances);
            if (isFirst || news.Set.Count + news.Removed.Count > 0 || news.Hidden != _hidden)
            {
                news.Full = isFirst;
                _hidden = news.Hidden;
                await WriteAsync(news, output, cancellation);
                await Task.Delay(RegistryFollower.Window, time, cancellation);
            }

            try
            {
                await changed.WaitAsync(RegistryHub.HeartbeatInterval, time, cancellation);
            }
            catch (TimeoutException)
            {
                // A sign of life; rights, which wake nobody here, are looked at again after it.
                await output.WriteAsync(new() { Hidden = _hidden }, cancellation);
            }
        }
    }

    private WatchChecksResponse News(IReadOnlyList<(string Service, string Id)> instances)
    {
        var state = store.State();
        var news = new WatchChecksResponse();
        var gone = _told.Keys.ToHashSet();
        foreach (var (service, id) in instances)
        {
            if (state.Instance(service, id) is not { Record: { Persistent: true, Check.Spec: not null } record } one || record.Node != node)
            {
                // The board will say so in a moment.
                continue;
            }

            if (!state.Rights.MayRegister(service, id))
            {
                news.Hidden++;
                continue;
            }

            gone.Remove((service, id));
            if (_told.GetValueOrDefault((service, id)) != one.Revision)
            {
                _told[(service, id)] = one.Revision;
                news.Set.Add(RegistryMessages.Assigned(one));
            }
        }

        foreach (var (service, id) in gone)
        {
            _told.Remove((service, id));
            news.Removed.Add(new WatchChecksResponse.Types.Removed { Service = service, Id = id });
        }

        return news;
    }

    private static async Task WriteAsync(WatchChecksResponse news, IServerStreamWriter<WatchChecksResponse> output, CancellationToken cancellation)
    {
        var pages = news.Set.Chunk(PageInstances).ToList();
        for (var page = 0; page < Math.Max(1, pages.Count); page++)
        {
            var message = new WatchChecksResponse { Full = news.Full && page == 0, More = page < pages.Count - 1, Hidden = news.Hidden };
            if (pages.Count > 0)
            {
                message.Set.Add(pages[page]);
            }

            if (page == 0)
            {
                message.Removed.Add(news.Removed);
            }

            await output.WriteAsync(message, cancellation);
        }
    }
}
