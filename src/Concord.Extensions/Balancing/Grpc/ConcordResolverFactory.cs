using Concord.Client.Balancing.Following;
using Grpc.Core;
using Grpc.Net.Client.Balancer;

namespace Concord.Extensions.Balancing.Grpc;

/// <summary>Addresses of the form <c>concord:///orders</c>, or <c>concord:///_name.orders</c> for the endpoints of that name.</summary>
internal sealed class ConcordResolverFactory(ServiceDirectory directory) : ResolverFactory
{
    public const string Scheme = "concord";

    public override string Name => Scheme;

    public override Resolver Create(ResolverOptions options)
    {
        var name = options.Address.AbsolutePath.TrimStart('/');
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal) || options.Address.Host.Length > 0)
            throw new ArgumentException($"'{options.Address}' names no service: write concord:///NAME, with three slashes.", nameof(options));
        var dot = name.StartsWith('_') ? name.IndexOf('.', StringComparison.Ordinal) : -1;
        // Which of an instance's endpoints will do: a channel speaks TLS or it does not.
        var schemes = ReferenceEquals(options.ChannelOptions.Credentials, ChannelCredentials.Insecure) ? "grpc+http" : "grpcs+https";
        var target = dot > 1 ? new PoolTarget(name[(dot + 1)..], name[1..dot], schemes) : new PoolTarget(name, null, schemes);
        return new ConcordResolver(directory.Get(target), target, directory);
    }
}
