using Concord.Extensions;
using Concord.Extensions.Following;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

// The namespace of what is extended, where people look for it.
namespace Microsoft.Extensions.Hosting;

public static class ConcordHostingExtensions
{
    /// <summary>
    /// Makes this service live on Concord: its configuration, options that follow releases and reject bad ones, and
    /// <see cref="ConcordStatus"/>; and a <see cref="Concord.Client.ConcordClient"/> of the same servers for everything else. Application and environment are the host's.
    /// </summary>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    /// <exception cref="Concord.Client.ConcordUnavailableException">Required, and neither a server nor a last known good
    /// file is there.</exception>
    public static TBuilder AddConcord<TBuilder>(this TBuilder builder, Action<ConcordConfigurationOptions>? configure = null)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new ConcordConfigurationOptions();
        configure?.Invoke(options);
        var settings = SettingsResolver.Resolve(
            options, builder.Configuration, builder.Environment.ApplicationName, builder.Environment.EnvironmentName);
        builder.Configuration.Add(new ConcordConfigurationSource(settings with { ConfirmedByHost = true }));
        builder.Services.AddConcord();
        builder.Services.TryAddSingleton(ConfiguredPlace.Of(settings));
        builder.Services.AddConcordClient(settings.ToClientOptions());
        return builder;
    }

    /// <summary>
    /// Adds a <see cref="Concord.Client.ConcordClient"/> for the servers that <see cref="AddConcord"/> would follow, unless there is one, and no configuration source.
    /// </summary>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    public static TBuilder AddConcordClient<TBuilder>(this TBuilder builder, Action<ConcordConfigurationOptions>? configure = null)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new ConcordConfigurationOptions();
        configure?.Invoke(options);
        var settings = SettingsResolver.Resolve(
            options, builder.Configuration, builder.Environment.ApplicationName, builder.Environment.EnvironmentName);
        builder.Services.TryAddSingleton(ConfiguredPlace.Of(settings));
        builder.Services.AddConcordClient(settings.ToClientOptions());
        return builder;
    }
}
