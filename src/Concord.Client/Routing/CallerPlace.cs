namespace Concord.Client.Routing;

/// <summary>Where a caller runs; what is empty is not known, and steps that ask for it are passed over.</summary>
public sealed record CallerPlace(string Zone = "", string Region = "")
{
    public static CallerPlace Unknown { get; } = new();
}
