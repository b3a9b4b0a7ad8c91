namespace Concord.Server.Cluster;

/// <summary>The rules between the settings that say who the members are and how they reach each other.</summary>
internal static class MembersCheck
{
    public static IEnumerable<OptionProblem> Check(ServerOptions options)
    {
        var self = options.InitialCluster.FirstOrDefault(member => member.Name == options.Name);
        if (self is null)
        {
            yield return new("--initial-cluster",
                $"lists {string.Join(", ", options.InitialCluster.Select(member => $"'{member.Name}'"))} but --name is '{options.Name}'; "
                + "every member is in the list, with its own --name");
        }
        else if (!Sorted(self.PeerUrls).SequenceEqual(Sorted(options.InitialAdvertisePeerUrls)))
        {
            yield return new("--initial-cluster",
                $"gives '{options.Name}' the addresses {FlagValue.Show(self.PeerUrls)} but --initial-advertise-peer-urls says "
                + $"{FlagValue.Show(options.InitialAdvertisePeerUrls)}; make them the same");
        }

        var shared = options.InitialCluster.SelectMany(member => member.PeerUrls.Distinct().Select(url => (member.Name, Url: FlagValue.Show(url))))
            .GroupBy(one => one.Url).FirstOrDefault(group => group.Count() > 1);
        if (shared is not null)
        {
            yield return new("--initial-cluster",
                $"gives the address {shared.Key} to {string.Join(" and ", shared.Select(one => $"'{one.Name}'"))}; each member has its own");
        }

        if (options.InitialClusterState == "existing" && options.InitialCluster.Count == 1)
        {
            yield return new("--initial-cluster", "lists this member only, but --initial-cluster-state is 'existing'; list the members of the cluster to join too");
        }

        foreach (var problem in CheckTls(options))
        {
            yield return problem;
        }
    }

    private static IEnumerable<OptionProblem> CheckTls(ServerOptions options)
    {
        var isSecure = options.PeerCertFile.Length > 0;
        if (isSecure != options.PeerKeyFile.Length > 0)
        {
            yield return isSecure
                ? new("--peer-key-file", "is missing; --peer-cert-file needs the key of the certificate")
                : new("--peer-cert-file", "is missing; --peer-key-file is the key of a certificate");
        }

        if (!isSecure && (options.PeerTrustedCaFile.Length > 0 || options.PeerClientCertAuth || options.PeerCertAllowedCn.Length > 0))
        {
            yield return new("--peer-cert-file", "is missing; the other --peer- settings have a meaning with TLS only");
        }

        if (options.PeerClientCertAuth && options.PeerTrustedCaFile.Length == 0)
        {
            yield return new("--peer-trusted-ca-file", "is missing; --peer-client-cert-auth needs the authority that the members' certificates come from");
        }

        foreach (var (flag, file) in new[] { ("--peer-cert-file", options.PeerCertFile), ("--peer-key-file", options.PeerKeyFile), ("--peer-trusted-ca-file", options.PeerTrustedCaFile) })
        {
            if (file.Length > 0 && !File.Exists(file))
            {
                yield return new(flag, $"'{file}' does not exist; name a PEM file");
            }
        }

        var urls = options.InitialCluster.SelectMany(member => member.PeerUrls).Concat(options.HasPeerPort ? options.ListenPeerUrls : []);
        if (urls.FirstOrDefault(url => url.Scheme != (isSecure ? "https" : "http")) is { } other)
        {
            yield return isSecure
                ? new("--peer-cert-file", $"is set, so the members speak TLS, but {FlagValue.Show(other)} is not https; write https in all peer addresses")
                : new("--peer-cert-file", $"is missing, but {FlagValue.Show(other)} is https; set certificate and key, or write http");
        }
    }

    private static IEnumerable<string> Sorted(IEnumerable<Uri> urls) => urls.Select(FlagValue.Show).Order(StringComparer.Ordinal);
}
