namespace Concord.Server.Cluster;

/// <summary>One thing that is wrong with the settings.</summary>
/// <param name="Where">The flag, variable or line that says it: <c>--data-dir</c>, <c>CONCORD_DATA_DIR</c>, <c>file.yaml: data-dir</c>.</param>
/// <param name="What">What is wrong, and the remedy.</param>
public sealed record OptionProblem(string Where, string What)
{
    public override string ToString() => $"{Where}: {What}";
}
