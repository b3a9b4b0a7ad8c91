using Concord.Server.Auth;

namespace Concord.Server.Registry;

/// <summary>The slice as the caller of a request may use it. The faces have no other way to it, so none can forget to ask.</summary>
internal sealed class RegistryAccess(RegistryStore store, TimeProvider time)
{
    public RegistryStore Store(HttpContext http) => store.For(http.Caller());

    public RegistryDesk Desk(HttpContext http) => new(Store(http), time);

    public RegistryReader Reader(HttpContext http) => new(Store(http));
}
