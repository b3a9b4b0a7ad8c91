using Concord.Protocol.Etcd;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.IntegrationTests;

/// <summary>Everything that clients can see of a store, so that two can be compared.</summary>
internal sealed record StoreContent(long Revision, long Compacted, uint Hash, uint HashBefore, string Keys, string History, string Leases, string Events)
{
    private static readonly ByteString All = ByteString.CopyFrom(0);

    /// <summary>Long enough for a busy machine, short enough to fail.</summary>
    private static DateTime Deadline => DateTime.UtcNow.AddSeconds(60);

    public static async Task<StoreContent> ReadAsync(ChannelBase channel)
    {
        var kv = new KV.KVClient(channel);
        var hash = await new Maintenance.MaintenanceClient(channel).HashKVAsync(new HashKVRequest(), deadline: Deadline);
        var compacted = Math.Max(1, hash.CompactRevision);
        var newest = await kv.RangeAsync(new() { Key = All, RangeEnd = All }, deadline: Deadline);
        var revision = newest.Header.Revision;
        var history = new List<string>();
        foreach (var at in Enumerable.Range(0, 10).Select(step => compacted + ((revision - compacted) * step / 10)).Distinct())
        {
            var old = await kv.RangeAsync(new() { Key = All, RangeEnd = All, Revision = at }, deadline: Deadline);
            history.Add($"{at}: {string.Join(' ', old.Kvs.Select(pair => $"{pair.Key.ToBase64()}@{pair.ModRevision}"))}");
        }

        // The hash of the past counts only what was in force then.
        var past = await new Maintenance.MaintenanceClient(channel).HashKVAsync(new() { Revision = (compacted + revision + 1) / 2 }, deadline: Deadline);
        return new(
            revision, compacted, hash.Hash, past.Hash, string.Join('\n', newest.Kvs.Select(Show)), string.Join('\n', history),
            await LeasesAsync(channel), await EventsAsync(channel, compacted + 1, revision));
    }

    private static async Task<string> LeasesAsync(ChannelBase channel)
    {
        var client = new Lease.LeaseClient(channel);
        var leases = new List<string>();
        foreach (var lease in (await client.LeaseLeasesAsync(new(), deadline: Deadline)).Leases.OrderBy(lease => lease.ID))
        {
            var left = await client.LeaseTimeToLiveAsync(new() { ID = lease.ID, Keys = true }, deadline: Deadline);
            leases.Add($"{lease.ID:x} {left.GrantedTTL} {string.Join(' ', left.Keys.Select(key => key.ToBase64()).Order())}");
        }

        return string.Join('\n', leases);
    }

    private static async Task<string> EventsAsync(ChannelBase channel, long from, long to)
    {
        if (from > to)
        {
            return "";
        }

        var events = new List<string>();
        using var watch = new Watch.WatchClient(channel).Watch(deadline: Deadline);
        await watch.RequestStream.WriteAsync(new() { CreateRequest = new() { Key = All, RangeEnd = All, StartRevision = from } });
        for (var reached = 0L; reached < to;)
        {
            Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
            Assert.False(watch.ResponseStream.Current.Canceled, watch.ResponseStream.Current.ToString());
            foreach (var change in watch.ResponseStream.Current.Events)
            {
                reached = change.Kv.ModRevision;
                events.Add($"{change.Type} {Show(change.Kv)}");
            }
        }

        return string.Join('\n', events);
    }

    private static string Show(KeyValue pair)
    {
        var value = pair.Value.Length > 100 ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(pair.Value.Span)) : pair.Value.ToBase64();
        return $"{pair.Key.ToBase64()} {value} {pair.CreateRevision} {pair.ModRevision} {pair.Version} {pair.Lease:x}";
    }
}
