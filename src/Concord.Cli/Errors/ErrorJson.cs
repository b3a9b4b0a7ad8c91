namespace Concord.Cli.Errors;

/// <summary>What standard error holds after a failure with -o json.</summary>
internal sealed record ErrorDocument(ErrorJson Error);

/// <summary>Fields that do not apply are left out.</summary>
internal sealed record ErrorJson
{
    public required string Code { get; init; }

    public required string Message { get; init; }

    public required int ExitCode { get; init; }

    public string? Field { get; init; }

    public string? Remedy { get; init; }

    public int? Line { get; init; }

    public int? Column { get; init; }

    public long? ExpectedRelease { get; init; }

    public long? ActualRelease { get; init; }

    public string? Path { get; init; }

    public static ErrorJson Of(ErrorReport report)
    {
        var conflict = report.ExpectedRelease != report.ActualRelease;
        return new()
        {
            Code = report.Code,
            Message = report.Message,
            ExitCode = (int)report.ExitCode,
            Field = report.Field.Length > 0 ? report.Field : null,
            Remedy = report.Remedy.Length > 0 ? report.Remedy : null,
            Line = report.Line > 0 ? report.Line : null,
            Column = report.Column > 0 ? report.Column : null,
            ExpectedRelease = conflict ? report.ExpectedRelease : null,
            ActualRelease = conflict ? report.ActualRelease : null,
            Path = report.Path?.ToString(),
        };
    }
}
