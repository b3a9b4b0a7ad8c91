using System.IO.Pipelines;
using Concord.Protocol.V1;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Push;

namespace Concord.Server.Configs.Rpc;

/// <summary>
/// One Watch call: takes subscriptions and reports, writes encoded events. They go into the response's pipe past the stream's writer,
/// which would encode a message for each stream.
/// </summary>
internal sealed class GrpcWatchConnection(ConfigHub hub, ConfigStore store, TimeProvider time, PipeWriter output) : WatchConnection
{
    private readonly Queue<(int, WatchEvent)> _refusals = new();
    private readonly Lock _refusalsLock = new();

    public void Take(WatchConfigRequest request)
    {
        switch (request.RequestCase)
        {
            case WatchConfigRequest.RequestOneofCase.Subscribe:
                Subscribe(request.Subscribe);
                break;
            case WatchConfigRequest.RequestOneofCase.Unsubscribe:
                if (Find(request.Unsubscribe.Subscription) is { } over)
                {
                    hub.Unsubscribe(over);
                }

                break;
            case WatchConfigRequest.RequestOneofCase.Report:
                // A report about a subscription that just ended has nothing to say any more.
                Find(request.Report.Subscription)?.Take(Report(request.Report));
                break;
            default:
                throw RpcErrors.Of(new ConfigError(ConfigErrorCode.InvalidRequest, "The request is empty.", "request", "Send subscribe, unsubscribe or report."));
        }
    }

    protected override async ValueTask WriteAsync(int subscription, WatchEvent next)
    {
        WatchFrame.Write(output, subscription, next.Proto.Span);

        // That the client is gone, the call learns by its token.
        await output.FlushAsync();
    }

    protected override (int Subscription, WatchEvent Event)? TakeExtra()
    {
        lock (_refusalsLock)
        {
            return _refusals.TryDequeue(out var refusal) ? refusal : null;
        }
    }

    private void Subscribe(WatchConfigRequest.Types.Subscribe subscribe)
    {
        if (Find(subscribe.Subscription) is { } replaced)
        {
            hub.Unsubscribe(replaced);
        }

        try
        {
            if (Subscriptions.Count >= ConfigLimits.SubscriptionsPerStream)
            {
                throw new ConfigException(new ConfigError(ConfigErrorCode.TooLarge, $"The stream has {Subscriptions.Count} subscriptions; more are not allowed.", "subscribe", "Stack configurations in one view by their names."));
            }

            var key = Requests.View(subscribe.View, "subscribe.view");
            hub.Subscribe(this, store, subscribe.Subscription, key, subscribe.KnownVersion, subscribe.KnownRevision, Identity(subscribe.Instance));
        }
        catch (ConfigException e)
        {
            Refuse(subscribe.Subscription, e.Error);
        }
    }

    private void Refuse(int subscription, ConfigError error)
    {
        lock (_refusalsLock)
        {
            if (_refusals.Count >= ConfigLimits.SubscriptionsPerStream)
            {
                throw RpcErrors.Of(new ConfigError(ConfigErrorCode.TooLarge, "Too many refused subscriptions wait to be read.", "subscribe", "Read the stream, and correct the subscriptions."));
            }

            _refusals.Enqueue((subscription, new WatchEvent.Refusal(error)));
        }

        hub.Signal(this);
    }

    private ConfigSubscription? Find(int number) => Subscriptions.FirstOrDefault(subscription => subscription.Number == number);

    private ApplyReport Report(WatchConfigRequest.Types.Report report) => new(
        Cut(report.Version, ConfigLimits.LabelCharacters),
        report.Release,
        report.Outcome == WatchConfigRequest.Types.Outcome.Applied,
        Cut(report.Reason, ConfigLimits.ReasonCharacters),
        time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>What an instance says of itself is kept while it is connected; its length is ours to bound.</summary>
    private static InstanceIdentity? Identity(Instance? instance) => instance is null
        ? null
        : new(Cut(instance.Id, ConfigLimits.AuthorCharacters), Cut(instance.Host, ConfigLimits.AuthorCharacters), instance.ProcessId, Cut(instance.Client, ConfigLimits.AuthorCharacters));

    private static string Cut(string text, int charactersMax) => text.Length <= charactersMax ? text : text[..charactersMax];
}
