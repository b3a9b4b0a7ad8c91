using Concord.Server.Auth;

namespace Concord.Server.Registry;

/// <summary>The slice as the caller of a request may use it. The faces have no other way to it, so none can forget to ask.</summary>
internal sealed class RegistryAccess(RegistryStore store, TimeProvider time)
{
    /// <summary>Set by an agent on what it passes on: its name among those that gossip.</summary>
    private const string NodeHeader = "Concord-Node";

    public RegistryStore Store(HttpContext http) => store.For(http.Caller());

    /// <exception cref="Model.RegistryException">The name of the agent is none.</exception>
    public RegistryDesk Desk(HttpContext http) => new(Store(http), time)
    {
        Node = http.Request.Headers[NodeHeader].ToString() is { Length: > 0 } name ? Model.RegistryNames.Word(name, NodeHeader) : null,
    };

    public RegistryReader Reader(HttpContext http) => new(Store(http));
}
