namespace Concord.Server.Cluster;

/// <summary>Parses one value into the options; returns what is wrong and what to do about it, or null.</summary>
internal delegate string? SetOption(ref ServerOptions options, string text);

/// <summary>One setting: its flag, its environment variable and its key in the configuration file share one name.</summary>
/// <param name="Name">Without dashes in front: <c>data-dir</c>.</param>
/// <param name="Hint">What the value looks like, for the help; empty for a switch.</param>
/// <param name="Show">The value as it would be written on the command line.</param>
internal sealed record ServerFlag(string Name, string Hint, string Help, Func<ServerOptions, string> Show, SetOption Set)
{
    public string Option => "--" + Name;

    /// <summary>A variable that other programs share; asked after this server's own.</summary>
    public string? SharedVariable { get; init; }

    /// <summary>Of etcd, and without an effect here: taken, so that a command line need not be rewritten, but not offered.</summary>
    public bool IsHidden { get; init; }

    public string EnvironmentVariable => "CONCORD_" + Name.ToUpperInvariant().Replace('-', '_');

    public bool IsSwitch => Hint.Length == 0;
}
