namespace Concord.Cli.Errors;

/// <summary>A document that was sent, by the name under which the person knows it.</summary>
internal sealed record SourceText(string Name, string Content);
