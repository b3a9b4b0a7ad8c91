namespace Concord.Benchmarks.Load;

/// <summary>The server answered something that cannot be right.</summary>
internal sealed class BadAnswerException(string message) : Exception(message);
