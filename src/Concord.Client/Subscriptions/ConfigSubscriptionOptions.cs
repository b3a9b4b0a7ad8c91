namespace Concord.Client.Subscriptions;

/// <summary>How a subscription begins and who has a say in what it accepts.</summary>
public sealed record ConfigSubscriptionOptions
{
    /// <summary>A snapshot from an earlier run; it is current until the server says otherwise, and is not sent again while
    /// it still holds.</summary>
    public SettingsSnapshot? Known { get; init; }

    /// <summary>
    /// Asked for every new content before it becomes current; a rejected one is reported to the server with its reason.
    /// Runs on the thread that reads the stream. An exception counts as a rejection.
    /// </summary>
    public Func<SettingsSnapshot, ConfigVerdict>? Judge { get; init; }

    /// <summary>Report nothing until <see cref="ConfigSubscription.StartReporting"/>: the process is still starting and
    /// does not know yet whether it can live with what it got.</summary>
    public bool HoldReports { get; init; }
}
