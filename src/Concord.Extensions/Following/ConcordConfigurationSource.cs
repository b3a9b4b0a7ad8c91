using Microsoft.Extensions.Configuration;

namespace Concord.Extensions.Following;

internal sealed class ConcordConfigurationSource(FollowerSettings settings) : IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder)
    {
        if (!SettingsResolver.IsDisabled())
            return new ConcordConfigurationProvider(settings);
        ExtensionsLog.Disabled(FollowerPool.Log.CreateLogger("Concord.Configuration"), ConcordConfigurationOptions.DisabledVariable);
        return new ConcordConfigurationProvider(null);
    }
}
