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
    }

    private static IEnumerable<string> Sorted(IEnumerable<Uri> urls) => urls.Select(FlagValue.Show).Order(StringComparer.Ordinal);
}
