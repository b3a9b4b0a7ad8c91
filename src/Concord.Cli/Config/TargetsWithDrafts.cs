using Concord.Client.Configs;

namespace Concord.Cli.Config;

/// <summary>Finds drafts where the person named none, or named more than one configuration.</summary>
internal static class TargetsWithDrafts
{
    /// <summary>Every application and environment that has at least one draft.</summary>
    public static async Task<IReadOnlyList<ReleaseTarget>> FindAsync(ConfigsClient configs, CancellationToken stop) =>
    [
        .. from application in await configs.ListApplicationsAsync(stop)
           from environment in application.Environments
           where environment.Drafts > 0
           select new ReleaseTarget(application.Name, environment.Name),
    ];

    /// <summary>The configurations of one target that have a draft.</summary>
    public static async Task<IReadOnlyList<ConfigurationPath>> PathsAsync(
        ConfigsClient configs,
        ReleaseTarget target,
        CancellationToken stop)
    {
        if (target.Name is not null)
            return [new(target.Application, target.Environment, target.Name, target.Labels)];

        var configurations = await configs.ListConfigurationsAsync(target.Application, target.Environment, stop);
        return [.. configurations.Where(configuration => configuration.HasDraft).Select(configuration => configuration.Path)];
    }
}
