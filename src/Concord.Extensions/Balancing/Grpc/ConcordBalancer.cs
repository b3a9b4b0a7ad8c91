using Grpc.Net.Client.Balancer;
using Microsoft.Extensions.Logging;

namespace Concord.Extensions.Balancing.Grpc;

/// <summary>Keeps a connection to every address and leaves the choice among those that are connected to the pool.</summary>
internal sealed class ConcordBalancer(IChannelControlHelper controller, ILoggerFactory loggerFactory) : SubchannelsLoadBalancer(controller, loggerFactory)
{
    protected override SubchannelPicker CreatePicker(IReadOnlyList<Subchannel> readySubchannels) => new ConcordPicker(readySubchannels);
}

/// <summary>Makes <see cref="ConcordBalancer"/>s; <see cref="ConcordResolver"/> asks for them.</summary>
internal sealed class ConcordBalancerFactory : LoadBalancerFactory
{
    public const string PolicyName = "concord";

    public override string Name => PolicyName;

    public override LoadBalancer Create(LoadBalancerOptions options) => new ConcordBalancer(options.Controller, options.LoggerFactory);
}
