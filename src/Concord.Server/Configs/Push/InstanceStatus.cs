using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Push;

/// <summary>
/// What one instance has been sent and what became of it. A release that left the settings as they are is not sent; an
/// instance with the newest settings counts as being at the newest release all the same.
/// </summary>
internal sealed record InstanceStatus(
    InstanceIdentity Instance,
    ViewKey View,
    string SentVersion,
    long SentRelease,
    string AppliedVersion,
    long AppliedRelease,
    long RejectedRelease,
    string Reason,
    long ReportedUnixMs)
{
    public static InstanceStatus Of(ConfigSubscription subscription)
    {
        var current = subscription.Entry.Published.View;
        var report = subscription.Report;
        var sent = subscription.SentVersion ?? "";
        var last = subscription.LastApplied;
        return new(
            subscription.Instance!,
            subscription.Entry.Key,
            sent,
            sent == current.Version ? current.Release : subscription.SentRelease,
            last?.Version ?? "",
            last is null ? 0 : last.Version == current.Version ? current.Release : last.Release,
            report is { Applied: false } ? report.Release : 0,
            report is { Applied: false } ? report.Reason : "",
            report?.TimeUnixMs ?? 0);
    }
}
