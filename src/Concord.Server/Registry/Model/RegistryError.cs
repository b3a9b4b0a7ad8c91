namespace Concord.Server.Registry.Model;

/// <summary>The one shape of every refusal of the registry; both faces carry all of it (gRPC trailer, problem details).</summary>
/// <param name="Field">The field of the request at fault, in the proto's names; empty if none is.</param>
/// <param name="Remedy">What the caller can do; never empty.</param>
internal sealed record RegistryError(RegistryErrorCode Code, string Message, string Field, string Remedy);

/// <summary>Carries a <see cref="RegistryError"/> out of the slice; the faces are the only places that catch it.</summary>
internal sealed class RegistryException(RegistryError error) : Exception(error.Message)
{
    public RegistryException(RegistryErrorCode code, string message, string field, string remedy)
        : this(new RegistryError(code, message, field, remedy))
    {
    }

    public RegistryError Error { get; } = error;
}
