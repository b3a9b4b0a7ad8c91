namespace Concord.Node;

/// <summary>
/// The log holds an entry that this program does not understand: a newer one wrote it. To go on without it would make a state of
/// its own, so the member stops here, before it applies anything after it.
/// </summary>
public sealed class UnknownEntryException(string message, Exception? inner = null) : Exception(message, inner);
