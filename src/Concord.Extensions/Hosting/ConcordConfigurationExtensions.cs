using Concord.Extensions;
using Concord.Extensions.Following;

// The namespace of what is extended, where people look for it.
namespace Microsoft.Extensions.Configuration;

public static class ConcordConfigurationExtensions
{
    /// <summary>
    /// Adds the configuration that Concord holds for this application. Sources that are added later win over it.
    /// </summary>
    /// <param name="endpoints">The servers' client addresses, separated by commas.</param>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    /// <exception cref="Concord.Client.ConcordUnavailableException">Required, and neither a server nor a last known good
    /// file is there. With a <see cref="ConfigurationManager"/> at once, otherwise when the configuration is built.</exception>
    public static IConfigurationBuilder AddConcord(
        this IConfigurationBuilder builder, string endpoints, Action<ConcordConfigurationOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(endpoints);
        return builder.AddConcord(options =>
        {
            options.Endpoints.Add(endpoints);
            configure?.Invoke(options);
        });
    }

    /// <inheritdoc cref="AddConcord(IConfigurationBuilder, string, Action{ConcordConfigurationOptions})"/>
    public static IConfigurationBuilder AddConcord(
        this IConfigurationBuilder builder, Action<ConcordConfigurationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new ConcordConfigurationSource(Resolve(configure, builder as IConfiguration)));
    }

    /// <summary>Takes the options from a configuration that has a section "Concord" or the connection string "concord".</summary>
    /// <inheritdoc cref="AddConcord(IConfigurationBuilder, string, Action{ConcordConfigurationOptions})"/>
    public static IConfigurationBuilder AddConcord(
        this IConfigurationBuilder builder, IConfiguration configuration, Action<ConcordConfigurationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configuration);
        return builder.Add(new ConcordConfigurationSource(Resolve(configure, configuration)));
    }

    private static FollowerSettings Resolve(Action<ConcordConfigurationOptions>? configure, IConfiguration? configuration)
    {
        var options = new ConcordConfigurationOptions();
        configure?.Invoke(options);
        return SettingsResolver.Resolve(options, configuration, hostApplication: null, hostEnvironment: null);
    }
}
