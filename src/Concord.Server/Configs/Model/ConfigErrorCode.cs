namespace Concord.Server.Configs.Model;

/// <summary>What went wrong, for programs. The words on the wire (<see cref="ConfigErrorCodes.Word"/>) are stable.</summary>
public enum ConfigErrorCode
{
    InvalidRequest,
    InvalidName,
    InvalidLabel,
    InvalidKey,
    UnknownFormat,
    MalformedDocument,
    TooLarge,
    UnknownApplication,
    UnknownEnvironment,
    UnknownConfiguration,
    UnknownRelease,
    UnknownKey,
    UnknownImport,
    UnresolvedReference,
    CannotEdit,
    Conflict,
    NothingToPublish,
    Contention,

    /// <summary>The request names no user, or one whose credentials are not good any more.</summary>
    Unauthenticated,
    PermissionDenied,
}

public static class ConfigErrorCodes
{
    public static string Word(this ConfigErrorCode code) => code switch
    {
        ConfigErrorCode.InvalidRequest => "invalid_request",
        ConfigErrorCode.InvalidName => "invalid_name",
        ConfigErrorCode.InvalidLabel => "invalid_label",
        ConfigErrorCode.InvalidKey => "invalid_key",
        ConfigErrorCode.UnknownFormat => "unknown_format",
        ConfigErrorCode.MalformedDocument => "malformed_document",
        ConfigErrorCode.TooLarge => "too_large",
        ConfigErrorCode.UnknownApplication => "unknown_application",
        ConfigErrorCode.UnknownEnvironment => "unknown_environment",
        ConfigErrorCode.UnknownConfiguration => "unknown_configuration",
        ConfigErrorCode.UnknownRelease => "unknown_release",
        ConfigErrorCode.UnknownKey => "unknown_key",
        ConfigErrorCode.UnknownImport => "unknown_import",
        ConfigErrorCode.UnresolvedReference => "unresolved_reference",
        ConfigErrorCode.CannotEdit => "cannot_edit",
        ConfigErrorCode.Conflict => "conflict",
        ConfigErrorCode.NothingToPublish => "nothing_to_publish",
        ConfigErrorCode.Contention => "contention",
        ConfigErrorCode.Unauthenticated => "unauthenticated",
        ConfigErrorCode.PermissionDenied => "permission_denied",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
