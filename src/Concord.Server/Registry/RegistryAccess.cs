using Concord.Server.Auth;

namespace Concord.Server.Registry;

/// <summary>The slice as the caller of a request may use it. The faces have no other way to it, so none can forget to ask.</summary>
internal sealed class RegistryAccess(RegistryStore store, TimeProvider time)
{
    /// <summary>Set by an agent on what it passes on: its name among those that gossip.</summary>
    private const string NodeHeader = "Concord-Node";

    public RegistryStore Store(HttpContext http) => store.For(http.Caller());

    /// <exception cref="Model.RegistryException">The name of the agent is none.</exception>
    public RegistryDesk Desk(HttpContext http) => new(Store(http), time) { Node = NodeOf(http) };

    /// <summary>The agent that calls.</summary>
    /// <exception cref="Model.RegistryException">None does, or its name is none.</exception>
    public static string Node(HttpContext http) => NodeOf(http) ?? throw NoNode();

    public static Model.RegistryException NoNode() => new(
        Model.RegistryErrorCode.InvalidRequest, "This call is for the agent of a host, and the caller does not say which it is.", NodeHeader, "Let concord-agent call it.");

    public RegistryReader Reader(HttpContext http) => new(Store(http));

    private static string? NodeOf(HttpContext http) => http.Request.Headers[NodeHeader].ToString() is { Length: > 0 } name ? Model.RegistryNames.Word(name, NodeHeader) : null;
}
