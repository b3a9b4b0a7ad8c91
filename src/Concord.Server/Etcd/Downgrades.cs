using System.Text;
using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Protocol.Etcd;
using Concord.Server.Hosting;

namespace Concord.Server.Etcd;

/// <summary>
/// etcd's downgrade job: the announcement that members will be replaced by ones of the minor version before. Concord has nothing to
/// convert for that, for what etcd reads is a snapshot, and any version from 3.4 on reads it. So the announcement is all there is:
/// one key, agreed on like any other, which operators' tools set, see in every member's status, and take back.
/// </summary>
internal sealed class Downgrades(EtcdStore store)
{
    /// <summary>Its value is the target version.</summary>
    private static readonly byte[] Key = "/concord/etcd/downgrade"u8.ToArray();

    private static readonly (int Major, int Minor) Present = Parse(ServerVersion.EtcdApi)!.Value;

    /// <summary>The cluster's version as answers to downgrade requests have it: without the patch.</summary>
    private static string ClusterVersion => $"{Present.Major}.{Present.Minor}";

    public DowngradeInfo Info => store.Replica.View.Get(Key) is { } announced
        ? new() { Enabled = true, TargetVersion = Encoding.UTF8.GetString(announced.ValueSpan) }
        : new();

    public async Task<DowngradeResponse> RequestAsync(Caller? caller, DowngradeRequest request, CancellationToken cancellation)
    {
        switch (request.Action)
        {
            case DowngradeRequest.Types.DowngradeAction.Validate:
                await ValidateAsync(request.Version, cancellation).ConfigureAwait(false);
                break;
            case DowngradeRequest.Types.DowngradeAction.Enable:
                await EnableAsync(caller, await ValidateAsync(request.Version, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
                break;
            case DowngradeRequest.Types.DowngradeAction.Cancel:
                await CancelAsync(caller, cancellation).ConfigureAwait(false);
                break;
            default:
                throw EtcdErrors.UnknownMethod();
        }

        return new DowngradeResponse { Header = store.Header(store.Replica.View.Revision), Version = ClusterVersion };
    }

    private async Task<string> ValidateAsync(string version, CancellationToken cancellation)
    {
        var target = Parse(version) ?? throw EtcdErrors.WrongDowngradeVersionFormat();

        // What others announced before this call counts.
        await store.ReadAsync(serializable: false, cancellation).ConfigureAwait(false);
        if (target != (Present.Major, Present.Minor - 1))
        {
            throw EtcdErrors.InvalidDowngradeTargetVersion();
        }

        return Info.Enabled ? throw EtcdErrors.DowngradeInProcess() : $"{target.Major}.{target.Minor}.0";
    }

    private async Task EnableAsync(Caller? caller, string target, CancellationToken cancellation)
    {
        var nobodyDid = new Comparison(KeyRange.Single(Key), ComparisonTarget.CreateRevision, ComparisonResult.Equal);
        var (result, _) = await store.WriteAsync(
            caller, new TransactionOperation([nobodyDid], [new PutOperation(Key, Encoding.UTF8.GetBytes(target))], []), cancellation).ConfigureAwait(false);
        if (!result.Succeeded)
        {
            throw EtcdErrors.DowngradeInProcess();
        }
    }

    private async Task CancelAsync(Caller? caller, CancellationToken cancellation)
    {
        var (result, _) = await store.WriteAsync(
            caller, new TransactionOperation([], [new DeleteOperation(KeyRange.Single(Key))], []), cancellation).ConfigureAwait(false);

        // etcd 3.6 says this to its log alone. Whoever cancels what is not there should know.
        if (((DeleteResult)result.Results[0]).Deleted == 0)
        {
            throw EtcdErrors.NoInflightDowngrade();
        }
    }

    /// <summary>Major and minor of MAJOR.MINOR or MAJOR.MINOR.PATCH; null for anything else.</summary>
    private static (int Major, int Minor)? Parse(string version)
    {
        var parts = version.Split('.');
        return parts.Length is 2 or 3 && Array.TrueForAll(parts, part => int.TryParse(part, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out _))
            ? (int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture))
            : null;
    }
}
