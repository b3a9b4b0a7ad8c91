namespace Concord.Server.Registry.Model;

/// <summary>What went wrong, for programs. The words on the wire (<see cref="RegistryErrorCodes.Word"/>) are stable.</summary>
internal enum RegistryErrorCode
{
    InvalidRequest,
    InvalidName,
    TooLarge,
    TooMany,
    UnknownService,
    UnknownInstance,

    /// <summary>The id was registered again since; whoever asks is not this instance any more.</summary>
    Superseded,

    /// <summary>The time to live was over before the renewal.</summary>
    Expired,

    /// <summary>Others changed the same thing again and again at the same time.</summary>
    Contention,

    Unauthenticated,
    PermissionDenied,
}

internal static class RegistryErrorCodes
{
    public static string Word(this RegistryErrorCode code) => code switch
    {
        RegistryErrorCode.InvalidRequest => "invalid_request",
        RegistryErrorCode.InvalidName => "invalid_name",
        RegistryErrorCode.TooLarge => "too_large",
        RegistryErrorCode.TooMany => "too_many",
        RegistryErrorCode.UnknownService => "unknown_service",
        RegistryErrorCode.UnknownInstance => "unknown_instance",
        RegistryErrorCode.Superseded => "superseded",
        RegistryErrorCode.Expired => "expired",
        RegistryErrorCode.Contention => "contention",
        RegistryErrorCode.Unauthenticated => "unauthenticated",
        RegistryErrorCode.PermissionDenied => "permission_denied",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
