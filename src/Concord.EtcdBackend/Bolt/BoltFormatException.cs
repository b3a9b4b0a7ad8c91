namespace Concord.EtcdBackend.Bolt;

/// <summary>The bytes are no bbolt file, or a damaged one. The message says what and where.</summary>
public sealed class BoltFormatException(string message) : FormatException(message);
