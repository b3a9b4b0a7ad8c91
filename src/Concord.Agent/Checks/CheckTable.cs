using Concord.Checks;
using Concord.Protocol.V1;

namespace Concord.Agent.Checks;

/// <summary>What the servers are to be told of an instance.</summary>
internal sealed record CheckReport(string Service, string Id, long Generation, CheckState State, string Reason);

/// <summary>
/// What is looked at on this host, the state of each instance as the servers know it, and what they are still to be told. There is one
/// word for each instance at most, the latest, so nothing piles up while the servers are away. Safe to use from any thread.
/// </summary>
internal sealed class CheckTable
{
    /// <summary>Of one host; each is a timer and now and then a socket. No host runs as many processes.</summary>
    public const int InstancesMax = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Service, string Id), Entry> _entries = [];

    /// <summary>Instances that are not looked at, because there are too many.</summary>
    public int Beyond { get; private set; }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Takes a list of everything, or what has changed.</summary>
    /// <returns>What is to be looked at from now on, and what no more.</returns>
    public (IReadOnlyList<Entry> Begun, IReadOnlyList<Entry> Ended) Apply(WatchChecksResponse message)
    {
        List<Entry> begun = [], ended = [];
        lock (_lock)
        {
            var set = message.Set.Select(static one => (one.Service, one.Id)).ToHashSet();
            var gone = message.Full ? [.. _entries.Keys] : message.Removed.Select(static one => (one.Service, one.Id)).ToList();
            foreach (var key in gone.Where(key => !set.Contains(key)))
            {
                if (_entries.Remove(key, out var entry))
                {
                    ended.Add(entry);
                }
            }

            Beyond = message.Full ? 0 : Beyond;
            foreach (var one in message.Set)
            {
                var key = (one.Service, one.Id);
                if (SpecOf(one.Check) is not { } spec)
                {
                    continue;
                }

                var known = _entries.GetValueOrDefault(key);
                if (known is not null && known.Assigned.Generation == one.Generation && known.Spec == spec)
                {
                    // A late word about an earlier state; a whole list may come from a store that was put back.
                    if (message.Full || one.Revision >= known.Assigned.Revision)
                    {
                        known.Assigned = one;
                        known.Pending = known.Pending?.State == (CheckState)one.State ? null : known.Pending;
                    }

                    continue;
                }

                if (known is null && _entries.Count >= InstancesMax)
                {
                    Beyond++;
                    continue;
                }

                if (known is not null)
                {
                    ended.Add(known);
                }

                begun.Add(_entries[key] = new(one, spec));
            }
        }

        return (begun, ended);
    }

    /// <summary>A look has found something. True if there is something to be told.</summary>
    public bool Take(Entry entry, ProbeResult found)
    {
        lock (_lock)
        {
            var known = (CheckState)entry.Assigned.State;
            var present = entry.Pending?.State ?? known;
            var next = entry.Count.Next(present == CheckState.Critical, found.State);
            if (next is not { } state || state == present || entry.Assigned.State == InstanceState.Draining)
            {
                return false;
            }

            // What it is again before anybody heard that it was something else is nothing to tell.
            entry.Pending = state == known ? null : new(entry.Assigned.Service, entry.Assigned.Id, entry.Assigned.Generation, state, found.Reason);
            return entry.Pending is not null;
        }
    }

    /// <summary>What is still to be told.</summary>
    public IReadOnlyList<CheckReport> Due()
    {
        lock (_lock)
        {
            return [.. _entries.Values.Select(static one => one.Pending).OfType<CheckReport>()];
        }
    }

    /// <summary>The servers have taken a report, or had nothing to change.</summary>
    public void Told(CheckReport report, ReportCheckResponse answer)
    {
        lock (_lock)
        {
            if (Find(report) is not { } entry)
            {
                return;
            }

            if (answer.Changed && answer.Revision >= entry.Assigned.Revision)
            {
                entry.Assigned = new(entry.Assigned) { State = (InstanceState)report.State, Revision = answer.Revision };
            }

            entry.Pending = ReferenceEquals(entry.Pending, report) ? null : entry.Pending;
            entry.Refusal = "";
        }
    }

    /// <summary>The servers refuse a report. True if they have not said so of this instance before.</summary>
    public bool Refused(CheckReport report, string problem)
    {
        lock (_lock)
        {
            if (Find(report) is not { } entry)
            {
                return false;
            }

            entry.Pending = ReferenceEquals(entry.Pending, report) ? null : entry.Pending;
            var isNew = entry.Refusal != problem;
            entry.Refusal = problem;
            return isNew;
        }
    }

    /// <summary>Everything, as a list that the servers could have sent.</summary>
    public WatchChecksResponse Full()
    {
        lock (_lock)
        {
            return new() { Full = true, Set = { _entries.Values.Select(static one => one.Assigned).OrderBy(static one => one.Service, StringComparer.Ordinal).ThenBy(static one => one.Id, StringComparer.Ordinal) } };
        }
    }

    private Entry? Find(CheckReport report) =>
        _entries.TryGetValue((report.Service, report.Id), out var entry) && entry.Assigned.Generation == report.Generation ? entry : null;

    private static CheckSpec? SpecOf(ServiceCheck check)
    {
        var (kind, target, service) = check.KindCase switch
        {
            ServiceCheck.KindOneofCase.Http => (CheckKind.Http, check.Http.Url, ""),
            ServiceCheck.KindOneofCase.Tcp => (CheckKind.Tcp, check.Tcp.Address, ""),
            ServiceCheck.KindOneofCase.Grpc => (CheckKind.Grpc, check.Grpc.Url, check.Grpc.Service),
            _ => (default, "", ""),
        };
        return kind == default ? null : new(kind, target, service, check.IntervalMs, check.TimeoutMs, check.SuccessesBeforePassing, check.FailuresBeforeCritical);
    }

    /// <summary>One registration that is looked at. Its fields are guarded by the lock of the table.</summary>
    internal sealed class Entry(AssignedCheck assigned, CheckSpec spec)
    {
        /// <summary>As the servers know it.</summary>
        public AssignedCheck Assigned { get; set; } = assigned;

        public CheckSpec Spec => spec;

        public CheckCount Count { get; } = new(spec);

        /// <summary>What they are to be told; null: nothing.</summary>
        public CheckReport? Pending { get; set; }

        /// <summary>Why they did not take the last report.</summary>
        public string Refusal { get; set; } = "";
    }
}
