using System.Text;
using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Records;

namespace Concord.Server.Registry;

/// <summary>
/// What a caller may do with services, by its rights on three ranges of keys: who may read the keys of a service's instances sees
/// them, who may write the key of an instance registers it, who may write the keys of maintenance takes it out of service. Signs
/// of life and health follow from the instance.
/// </summary>
internal sealed class RegistryRights(AccessRights rights)
{
    public static RegistryRights Everything { get; } = new(AccessRights.Everything);

    public bool MaySee(string service) => rights.Allows(Access.Read, RegistryKeys.Instances(service));

    public void RequireSee(string service) => Require(Access.Read, RegistryKeys.Instances(service), $"see the instances of {service}");

    /// <summary>A view that is followed must be visible as a whole: what it lacks would be a secret about a secret.</summary>
    public void RequireSee(InstanceQuery query)
    {
        if (query.Service.Length > 0)
        {
            RequireSee(query.Service);
        }
        else
        {
            Require(Access.Read, RegistryKeys.InstancesFrom(query.Prefix), query.Prefix.Length == 0 ? "follow all services" : $"follow the services that begin with {query.Prefix}");
        }
    }

    public bool MayRegister(string service, string id) => rights.Allows(Access.Write, KeyRange.Single(RegistryKeys.Instance(service, id)));

    public void RequireRegister(string service, string id) => Require(Access.Write, KeyRange.Single(RegistryKeys.Instance(service, id)), $"register {service}/{id}");

    public void RequireMaintain(string service, string id) => Require(Access.Write, KeyRange.Single(RegistryKeys.Maintenance(service, id)), $"maintain {service}/{id}");

    public void RequireMaintainZone(string zone) => Require(Access.Write, KeyRange.Single(RegistryKeys.Zone(zone)), $"maintain the zone {zone}");

    public void RequireConfigure(string service) => Require(Access.Write, KeyRange.Single(RegistryKeys.Service(service)), $"configure {service}");

    public static IReadOnlyList<RequiredRight> ToRegister(string service, string id) => Write(RegistryKeys.Instance(service, id));

    public static IReadOnlyList<RequiredRight> ToMaintain(string service, string id) => Write(RegistryKeys.Maintenance(service, id));

    public static IReadOnlyList<RequiredRight> ToMaintainZone(string zone) => Write(RegistryKeys.Zone(zone));

    public static IReadOnlyList<RequiredRight> ToConfigure(string service) => Write(RegistryKeys.Service(service));

    /// <summary>Who the caller is was not accepted, or it was refused where no single key can be named.</summary>
    public static RegistryException Refused(StoreError error) => error switch
    {
        StoreError.PermissionDenied => new(RegistryErrorCode.PermissionDenied, "The user has not the right to do this.", "", "Ask for a role that has it ('concord role get', 'concord user get')."),
        StoreError.UserEmpty => new(RegistryErrorCode.Unauthenticated, "This server checks access, and the request names no user.", "", "Sign in: a name with its password, or a token."),
        StoreError.AuthOldRevision => new(RegistryErrorCode.Unauthenticated, "The user's credentials have changed since they were shown.", "", "Sign in again."),
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, "Not a reason about access."),
    };

    private static IReadOnlyList<RequiredRight> Write(ReadOnlyMemory<byte> key) => [new(Access.Write, KeyRange.Single(key))];

    private void Require(Access access, KeyRange range, string what)
    {
        if (!rights.Allows(access, range))
        {
            throw new RegistryException(
                RegistryErrorCode.PermissionDenied,
                $"The user may not {what}.",
                "",
                $"It needs a role with {(access == Access.Read ? "read" : "write")} permission on {Encoding.UTF8.GetString(range.Start.Span)}{(range.IsSingle ? "" : "*")}.");
        }
    }
}
