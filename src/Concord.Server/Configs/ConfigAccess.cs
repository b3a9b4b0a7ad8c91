using Concord.Server.Auth;

namespace Concord.Server.Configs;

/// <summary>
/// The slice as the caller of a request may use it. The faces have no other way to it, so none can forget to ask.
/// </summary>
internal sealed class ConfigAccess(ConfigStore store, TimeProvider time, ILogger<ConfigReleases> logger)
{
    public ConfigStore Store(HttpContext http) => store.For(http.Caller());

    public ConfigViews Views(HttpContext http) => new(Store(http));

    public ConfigDrafts Drafts(HttpContext http) => new(Store(http), time);

    public ConfigReleases Releases(HttpContext http) => new(Store(http), time, logger);
}
