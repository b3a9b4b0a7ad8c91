using System.Threading.Channels;

namespace Concord.Server.Registry.Push;

/// <summary>
/// What the follower of the store tells the expiry and the checks. Wishes to look again, not queues: names wait in sets that are
/// bounded by the number of instances.
/// </summary>
internal sealed class RegistrySignals
{
    private readonly Lock _lock = new();
    private readonly HashSet<(string Service, string Id)> _ended = [];
    private readonly HashSet<(string Service, string Id)> _changed = [];
    private readonly Channel<bool> _expiry = Wish();
    private readonly Channel<bool> _checks = Wish();
    private bool _membershipChanged = true;

    /// <summary>Something for the expiry to look at.</summary>
    public ChannelReader<bool> Expiry => _expiry.Reader;

    public ChannelReader<bool> Checks => _checks.Reader;

    public void BeatEnded(string service, string id)
    {
        lock (_lock)
        {
            _ended.Add((service, id));
        }

        _expiry.Writer.TryWrite(true);
    }

    public void InstanceChanged(string service, string id)
    {
        lock (_lock)
        {
            _changed.Add((service, id));
        }

        _checks.Writer.TryWrite(true);
    }

    /// <summary>Members that run checks came or went, or it is not known what did.</summary>
    public void MembershipChanged()
    {
        lock (_lock)
        {
            _membershipChanged = true;
        }

        _checks.Writer.TryWrite(true);
    }

    public IReadOnlyCollection<(string Service, string Id)> TakeEnded()
    {
        lock (_lock)
        {
            var taken = _ended.ToList();
            _ended.Clear();
            return taken;
        }
    }

    public (bool Membership, IReadOnlyCollection<(string Service, string Id)> Instances) TakeChanged()
    {
        lock (_lock)
        {
            var taken = (_membershipChanged, _changed.ToList());
            _membershipChanged = false;
            _changed.Clear();
            return taken;
        }
    }

    private static Channel<bool> Wish() => Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
}
