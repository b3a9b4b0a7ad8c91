namespace Concord.Server.Configs.Model;

/// <summary>
/// The one shape of every refusal of the configuration centre: what is wrong, where, and what to do about it. Both
/// faces carry all of it (gRPC trailer, problem details).
/// </summary>
/// <param name="Field">The field of the request at fault, in the proto's names.</param>
/// <param name="Remedy">What the caller can do; never empty.</param>
public sealed record ConfigError(ConfigErrorCode Code, string Message, string Field, string Remedy)
{
    /// <summary>Where in a document, from 1; 0 if not in a document.</summary>
    public int Line { get; init; }

    public int Column { get; init; }

    /// <summary>For a conflict: what the caller knew and what is so.</summary>
    public long ExpectedRelease { get; init; }

    public long ActualRelease { get; init; }

    /// <summary>The configuration concerned, if one is.</summary>
    public ConfigPath? Path { get; init; }
}

/// <summary>
/// Carries a <see cref="ConfigError"/> out of the slice. An exception, because most errors come from the depth of six
/// document readers; the faces are the only places that catch it.
/// </summary>
public sealed class ConfigException(ConfigError error, Exception? inner = null) : Exception(error.Message, inner)
{
    public ConfigError Error { get; } = error;
}
