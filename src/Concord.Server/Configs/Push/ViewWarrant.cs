using Concord.Mvcc.Auth;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Push;

/// <summary>
/// Whether a subscriber may still see its view. Asked before anything is sent; looks again only when rights or view are others than
/// the last time. Used by the one writer of the connection, after the hub has let it in.
/// </summary>
internal sealed class ViewWarrant(ConfigStore store)
{
    private AuthState? _auth;
    private ResolvedView? _view;

    /// <summary>Why not, or null.</summary>
    public ConfigError? Refusal(ResolvedView view)
    {
        var state = store.View();
        if (ReferenceEquals(_auth, state.Auth) && ReferenceEquals(_view, view))
        {
            return null;
        }

        try
        {
            store.Rights(state).RequireView(view);
        }
        catch (ConfigException refusal)
        {
            return refusal.Error;
        }

        (_auth, _view) = (state.Auth, view);
        return null;
    }
}
