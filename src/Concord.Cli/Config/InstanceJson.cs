using Concord.Client.Configs;

namespace Concord.Cli.Config;

/// <summary>The JSON form of the list of instances.</summary>
internal sealed record InstanceList(IReadOnlyList<InstanceJson> Instances);

internal enum InstanceState
{
    /// <summary>It runs with what the server sent last.</summary>
    Applied,

    /// <summary>It refused what the server sent last and runs with what it had before.</summary>
    Rejected,

    /// <summary>It has not said yet what became of what the server sent last.</summary>
    Pending,
}

internal sealed record InstanceJson
{
    public required string Id { get; init; }

    public required string Host { get; init; }

    public required int ProcessId { get; init; }

    public required string Client { get; init; }

    public required string Application { get; init; }

    public required string Environment { get; init; }

    public required IReadOnlyList<string> Names { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public required string Server { get; init; }

    public required DateTimeOffset Connected { get; init; }

    public required InstanceState State { get; init; }

    public required long SentRelease { get; init; }

    public required long? AppliedRelease { get; init; }

    public required long? RejectedRelease { get; init; }

    public required string? Reason { get; init; }

    public required DateTimeOffset? Reported { get; init; }

    public static InstanceJson Of(ConnectedInstance instance) => new()
    {
        Id = instance.Id,
        Host = instance.Host,
        ProcessId = instance.ProcessId,
        Client = instance.Client,
        Application = instance.View.Application,
        Environment = instance.View.Environment,
        Names = instance.View.Names,
        Labels = instance.View.Labels,
        Server = instance.Server,
        Connected = instance.Connected,
        State = StateOf(instance),
        SentRelease = instance.SentRelease,
        AppliedRelease = instance.AppliedRelease,
        RejectedRelease = instance.RejectedRelease,
        Reason = instance.Reason.Length > 0 ? instance.Reason : null,
        Reported = instance.Reported,
    };

    /// <summary>By version, not by release: an overlay may change what an instance sees without a newer number reaching it.</summary>
    public static InstanceState StateOf(ConnectedInstance instance) => instance switch
    {
        { RejectedRelease: not null } => InstanceState.Rejected,
        { Reported: not null } when instance.AppliedVersion == instance.SentVersion => InstanceState.Applied,
        _ => InstanceState.Pending,
    };

    /// <summary>The view as it is typed for <c>config get</c>.</summary>
    public static string ViewOf(ConfigurationView view)
    {
        var names = view.Names is [] or [ConfigurationPath.DefaultName] ? "" : $"/{string.Join('+', view.Names)}";
        var labels = view.Labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}");
        return $"{view.Application}/{view.Environment}{names}{(view.Labels.Count > 0 ? "@" + string.Join(',', labels) : "")}";
    }
}
