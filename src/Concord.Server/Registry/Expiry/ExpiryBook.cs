using Concord.Server.Registry.Model;

namespace Concord.Server.Registry.Expiry;

/// <summary>What is to be done about the instances of a service that are expired or whose host is dead.</summary>
/// <param name="Held">Expired ones that are left as they are for now.</param>
internal sealed record ExpiryVerdict(IReadOnlyList<RegistryInstance> Critical, IReadOnlyList<RegistryInstance> Gone, int Held);

/// <summary>
/// Remembers which instances are expired since when, and how many of each service were acted on lately. Kept by the member that
/// leads; another one that takes over begins anew, which makes expiry later, never earlier. No clock of its own.
/// </summary>
internal sealed class ExpiryBook(ExpiryRules rules)
{
    private readonly Dictionary<string, Page> _pages = [];

    /// <param name="Seen">Expired instances by id: their generation, when that was seen first, and whether they were critical by then.</param>
    private sealed record Page(Dictionary<string, (long Generation, TimeSpan Since, bool WasCritical)> Seen)
    {
        public TimeSpan WindowStart { get; set; }

        public int Total { get; set; }

        public int Critical { get; set; }

        public int Gone { get; set; }
    }

    /// <summary>Services with expired instances.</summary>
    public IReadOnlyCollection<string> Open => [.. _pages.Where(static page => page.Value.Seen.Count > 0).Select(static page => page.Key)];

    public void Clear() => _pages.Clear();

    /// <param name="instances">All of the service.</param>
    /// <param name="isLost">Its host is dead. It counts like one that is expired, but is not removed before it is.</param>
    /// <param name="now">On any clock that only goes forward.</param>
    public ExpiryVerdict Judge(string service, IReadOnlyList<RegistryInstance> instances, Func<RegistryInstance, bool> isLost, TimeSpan now)
    {
        if (!_pages.TryGetValue(service, out var page))
        {
            _pages.Add(service, page = new([]) { WindowStart = now, Total = instances.Count });
        }

        if (now - page.WindowStart >= rules.Interval)
        {
            (page.WindowStart, page.Total, page.Critical, page.Gone) = (now, instances.Count, 0, 0);
        }

        // More may have come since the window began; the share is of those that there were at most.
        page.Total = Math.Max(page.Total, instances.Count);
        var allowed = rules.Allowed(page.Total);
        var expired = instances.Where(one => one.IsExpired || isLost(one)).ToDictionary(static one => one.Id);
        foreach (var id in page.Seen.Keys.Where(id => !expired.TryGetValue(id, out var one) || one.Record.Generation != page.Seen[id].Generation).ToList())
        {
            page.Seen.Remove(id);
        }

        var (critical, gone, held) = (new List<RegistryInstance>(), new List<RegistryInstance>(), 0);
        foreach (var one in expired.Values)
        {
            if (!page.Seen.TryGetValue(one.Id, out var seen))
            {
                page.Seen.Add(one.Id, seen = (one.Record.Generation, now, one.Record.State == InstanceState.Critical));
            }

            if (one.Record.State == InstanceState.Draining)
            {
                if (one.IsExpired)
                {
                    // It said that it would go.
                    Add(gone, one, unlimited: true);
                }
            }
            else if (one.Record.State != InstanceState.Critical)
            {
                if (page.Critical < allowed)
                {
                    page.Critical++;
                    critical.Add(one);

                    // What the time until removal is measured from.
                    page.Seen[one.Id] = (one.Record.Generation, now, false);
                }
                else
                {
                    held++;
                }
            }
            else if (one.IsExpired && (seen.WasCritical || now - seen.Since >= rules.RemoveAfter))
            {
                Add(gone, one, unlimited: false);
            }
        }

        if (page.Seen.Count == 0 && page.Critical == 0 && page.Gone == 0)
        {
            _pages.Remove(service);
        }

        return new(critical, gone, held);

        void Add(List<RegistryInstance> list, RegistryInstance one, bool unlimited)
        {
            if (one.Record.Persistent)
            {
                return;
            }

            if (unlimited || page.Gone < allowed)
            {
                page.Gone += unlimited ? 0 : 1;
                list.Add(one);
            }
        }
    }
}
