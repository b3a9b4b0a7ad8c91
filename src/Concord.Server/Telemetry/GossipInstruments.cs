using System.Diagnostics.Metrics;
using Concord.Gossip;
using Concord.Members;
using Concord.Server.Members;

namespace Concord.Server.Telemetry;

/// <summary>What goes over the gossip port, under names of Concord's own. Nothing where a server does not gossip.</summary>
internal static class GossipInstruments
{
    public static void Add(Meter meter, ServerGossip gossip)
    {
        AddMembers(meter, gossip);
        AddTraffic(meter, gossip);
        AddProtocol(meter, gossip);
    }

    private static void AddMembers(Meter meter, ServerGossip gossip)
    {
        meter.CreateObservableGauge(
            "concord_gossip_members",
            () => Enum.GetValues<MemberStatus>().Select(status => new Measurement<long>(
                gossip.Member?.Members.Count(one => one.Status == status) ?? 0, new KeyValuePair<string, object?>("status", Word(status)))),
            description: "Servers and agents that this one knows, by how they do.");
        meter.CreateObservableGauge("concord_gossip_health_score", () => (long)(gossip.Member?.HealthScore ?? 0), description: "How unwell this server seems to itself; 0 is well. Its probes are slower by so much.");
        meter.CreateObservableGauge("concord_gossip_streams", () => (long)(gossip.Member?.OpenStreams ?? 0), description: "Connections of others that are served now.");
    }

    private static void AddTraffic(Meter meter, ServerGossip gossip)
    {
        ByDirection("concord_gossip_packets_total", "Datagrams.", static traffic => traffic.PacketsReceived, static traffic => traffic.PacketsSent);
        ByDirection("concord_gossip_packet_bytes_total", "Bytes of datagrams, without headers of UDP and IP.", static traffic => traffic.PacketBytesReceived, static traffic => traffic.PacketBytesSent);
        ByDirection("concord_gossip_streams_total", "Connections.", static traffic => traffic.StreamsReceived, static traffic => traffic.StreamsSent);
        ByDirection("concord_gossip_stream_bytes_total", "Bytes on connections.", static traffic => traffic.StreamBytesReceived, static traffic => traffic.StreamBytesSent);
        meter.CreateObservableCounter(
            "concord_gossip_refused_total",
            () => Enum.GetValues<PacketRefusal>().Where(static why => why != PacketRefusal.None).Select(why => Of(gossip, traffic => traffic.Refused(why), "reason", Word(why))),
            description: "What arrived and was no message of this group.");
        meter.CreateObservableCounter(
            "concord_gossip_dropped_total",
            () => Enum.GetValues<GossipDrop>().Select(why => Of(gossip, traffic => traffic.Dropped(why), "reason", Word(why))),
            description: "What was not sent, not taken or not answered.");

        void ByDirection(string name, string text, Func<GossipTraffic, long> received, Func<GossipTraffic, long> sent) => meter.CreateObservableCounter(
            name, () => new[] { Of(gossip, received, "direction", "received"), Of(gossip, sent, "direction", "sent") }, description: text);
    }

    private static void AddProtocol(Meter meter, ServerGossip gossip)
    {
        Count("concord_gossip_probes_total", "Probes of others.", static counters => counters.Probes);
        Count("concord_gossip_probes_indirect_total", "Probes that needed helpers.", static counters => counters.ProbesIndirect);
        Count("concord_gossip_probes_failed_total", "Probes that nothing answered.", static counters => counters.ProbesFailed);
        Count("concord_gossip_push_pulls_total", "Full exchanges of state.", static counters => counters.PushPullsDone);
        Count("concord_gossip_push_pulls_failed_total", "Full exchanges that failed.", static counters => counters.PushPullsFailed);

        void Count(string name, string text, Func<GossipCounters, long> value) =>
            meter.CreateObservableCounter(name, () => gossip.Member is { } member ? value(member.Counters) : 0, description: text);
    }

    private static Measurement<long> Of(ServerGossip gossip, Func<GossipTraffic, long> value, string label, string text) =>
        new(gossip.Member is { } member ? value(member.Traffic) : 0, new KeyValuePair<string, object?>(label, text));

    /// <summary>TooLarge is too_large.</summary>
    private static string Word<T>(T value)
        where T : struct, Enum =>
        string.Concat(value.ToString().Select(static (letter, at) => char.IsUpper(letter) ? (at > 0 ? "_" : "") + char.ToLowerInvariant(letter) : letter.ToString()));
}
