using Concord.Server.Cluster;
using Concord.Server.Etcd;

namespace Concord.Server.Hosting;

/// <summary>What the server is composed of. Each slice registers and maps itself; here is the list.</summary>
internal static class Slices
{
    public static void Add(IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(options);
        services.AddGrpcHealthChecks().AddCheck<ReplicaHealthCheck>("");
        services.AddEtcdApi();
        services.Configure<EtcdOptions>(etcd => Configure(etcd, options));
    }

    public static void Map(WebApplication app)
    {
        app.MapGrpcHealthChecksService();
        app.MapEtcdApi();
        app.MapHealth();
    }

    private static void Configure(EtcdOptions etcd, ServerOptions options)
    {
        etcd.RequestBytesMax = options.MaxRequestBytes;
        etcd.TransactionOperationsMax = options.MaxTxnOps;

        // A lease must outlive a change of leader: one election timeout and a half.
        etcd.LeaseTtlSecondsMin = (long)Math.Ceiling(1.5 * options.ElectionTimeout.TotalSeconds);
        etcd.LeaderAbsenceMax = 3 * options.ElectionTimeout;
        etcd.AdvertisePeerUrls = [.. options.InitialAdvertisePeerUrls.Select(FlagValue.Show)];
        etcd.AdvertiseClientUrls = [.. (options.AdvertiseClientUrls.Count > 0 ? options.AdvertiseClientUrls : options.ListenClientUrls).Select(FlagValue.Show)];
    }
}
