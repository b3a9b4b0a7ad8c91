using System.Text;
using Concord.Client.Registry;

namespace Concord.Client.Routing;

/// <summary>Which instances get which part of the calls, at one moment. Immutable; choosing takes no lock and makes no garbage.</summary>
public sealed class RouteTable
{
    private readonly Share[] _shares;
    private readonly bool _failsWhenEmpty;
    private readonly ulong _salt;

    internal RouteTable(string service, Share[] shares, bool failsWhenEmpty, string whyEmpty)
    {
        _shares = shares;
        _failsWhenEmpty = failsWhenEmpty;
        _salt = Hash(service, 0);
        WhyEmpty = whyEmpty;
    }

    /// <summary>Why <see cref="Choose"/> finds nothing, when it does: a sentence for people.</summary>
    public string WhyEmpty { get; }

    /// <summary>The shares of the split, one without a name if there is no split; each with its part of all calls in 1/10000.</summary>
    public IReadOnlyList<Share> Shares => _shares;

    /// <summary>Every instance that may be chosen.</summary>
    public IEnumerable<ServiceInstance> Instances => _shares.SelectMany(share => share.Groups).SelectMany(group => group.Instances);

    /// <summary>The instances for one call.</summary>
    /// <param name="key">
    /// What keeps a caller with its share: the same key gives the same share and step as long as their parts do not change, in every process; and when a
    /// share grows, those that it had stay. Null is chance.
    /// </param>
    /// <returns>Null if there is none; <see cref="WhyEmpty"/> says why.</returns>
    public RouteChoice? Choose(string? key)
    {
        var random = key is null ? (ulong)Random.Shared.NextInt64() << 1 ^ (ulong)Random.Shared.NextInt64() : Hash(key, _salt);
        var index = ShareAt(Position(random, 0));
        if (index < 0)
            return null;
        var share = _shares[index];
        if (share.Groups.Count == 0)
        {
            if (_failsWhenEmpty || Other(Position(random, 16)) is not { } other)
                return null;
            share = other;
        }

        var position = Position(random, 32);
        foreach (var group in share.Groups)
        {
            if (position < group.Load)
                return new(share.Name, group, share.Groups);
            position -= group.Load;
        }

        return new(share.Name, share.Groups[^1], share.Groups);
    }

    private int ShareAt(int position)
    {
        for (var i = 0; i < _shares.Length; i++)
        {
            if (position < _shares[i].Part)
                return i;
            position -= _shares[i].Part;
        }

        return _shares.Length - 1;
    }

    /// <summary>One of the shares that have instances, in proportion; those of 0 only if there is no other.</summary>
    private Share? Other(int position)
    {
        var sum = 0;
        Share? last = null;
        foreach (var share in _shares)
        {
            if (share.Groups.Count == 0)
                continue;
            sum += share.Part;
            last ??= share;
        }

        var goal = (int)((long)position * sum / RoutePlan.Whole);
        foreach (var share in _shares)
        {
            if (share.Groups.Count == 0)
                continue;
            if (goal < share.Part)
                return share;
            goal -= share.Part;
        }

        return last;
    }

    /// <summary>Independent bits of one hash for independent decisions: 16 for each, so a part is off by less than 1/65536.</summary>
    private static int Position(ulong random, int shift) => (int)(((random >> shift) & 0xffff) * RoutePlan.Whole >> 16);

    /// <summary>
    /// FNV-1a over the UTF-8 bytes, then MurmurHash3's finalizer, because the high bits of FNV hardly feel the last bytes. Written out here
    /// since every process, in every version, must come to the same number.
    /// </summary>
    internal static ulong Hash(string text, ulong salt)
    {
        Span<byte> buffer = stackalloc byte[256];
        var bytes = Encoding.UTF8.GetMaxByteCount(text.Length) <= buffer.Length ? buffer[..Encoding.UTF8.GetBytes(text, buffer)] : Encoding.UTF8.GetBytes(text);
        var hash = 14695981039346656037UL ^ salt;
        foreach (var one in bytes)
            hash = (hash ^ one) * 1099511628211UL;
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53UL;
        return hash ^ (hash >> 33);
    }

    /// <param name="Part">Of all calls, in 1/10000.</param>
    /// <param name="Groups">In the order of the failover; empty if no instance of the share serves.</param>
    public sealed record Share(string Name, int Part, IReadOnlyList<RouteGroup> Groups);
}

/// <summary>Where one call goes.</summary>
/// <param name="Share">Empty if there is no split.</param>
/// <param name="Group">Choose one of these.</param>
/// <param name="Groups">All of the share, for a caller that has tried those of the group in vain.</param>
public readonly record struct RouteChoice(string Share, RouteGroup Group, IReadOnlyList<RouteGroup> Groups);
