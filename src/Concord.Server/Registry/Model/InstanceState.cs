using Concord.Checks;
using Concord.Server.Configs.Model;

namespace Concord.Server.Registry.Model;

/// <summary>How an instance does. The numbers are those of the proto.</summary>
internal enum InstanceState
{
    Starting = 1,
    Passing = 2,
    Warning = 3,
    Critical = 4,

    /// <summary>Finishes what it has and takes nothing new.</summary>
    Draining = 5,

    /// <summary>Taken out of service by an operator; never said by the instance itself.</summary>
    Maintenance = 6,
}

internal static class InstanceStates
{
    public const string Words = "starting, passing, warning, critical, draining, maintenance";

    public static string Word(this InstanceState state) => state switch
    {
        InstanceState.Starting => "starting",
        InstanceState.Passing => "passing",
        InstanceState.Warning => "warning",
        InstanceState.Critical => "critical",
        InstanceState.Draining => "draining",
        InstanceState.Maintenance => "maintenance",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public static bool IsHealthy(this InstanceState state) => state is InstanceState.Passing or InstanceState.Warning;

    /// <summary>Counts when it is asked whether enough of a service is healthy: what starts, drains or is repaired was not meant to serve.</summary>
    public static bool CountsForPanic(this InstanceState state) => state.IsHealthy() || state == InstanceState.Critical;

    /// <summary>What looks at an instance make of it; the numbers are the same.</summary>
    public static InstanceState Of(CheckState found) => (InstanceState)found;

    public static InstanceState From(int number, string field) => Enum.IsDefined((InstanceState)number)
        ? (InstanceState)number
        : throw new RegistryException(RegistryErrorCode.InvalidRequest, $"{number} is no state.", field, $"Use one of: {Words}.");

    public static InstanceState Parse(string word, string field) => Enum.GetValues<InstanceState>().Cast<InstanceState?>().FirstOrDefault(state => state!.Value.Word() == word)
        ?? throw new RegistryException(RegistryErrorCode.InvalidRequest, $"'{ConfigNames.Shorten(word)}' is no state.", field, $"Use one of: {Words}.");

    /// <summary>A state that an instance can say of itself.</summary>
    public static InstanceState Said(InstanceState state, string field) => state != InstanceState.Maintenance
        ? state
        : throw new RegistryException(RegistryErrorCode.InvalidRequest, "Maintenance is switched by operators, not reported as a state.", field, "Use the call for maintenance ('concord service maintenance').");
}
