using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Releases;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs;

/// <summary>
/// What a caller may do with configurations, by its rights on two ranges of keys: who may read the key of a head reads what is
/// published, who may write it publishes; who may read or write the key of a draft does that. All else that the slice keeps
/// follows from these.
/// </summary>
internal sealed class ConfigRights(AccessRights rights)
{
    public static ConfigRights Everything { get; } = new(AccessRights.Everything);

    public bool MayRead(ConfigPath path) => rights.Allows(Access.Read, Head(path));

    public bool MayReadDraft(ConfigPath path) => rights.Allows(Access.Read, Draft(path));

    /// <summary>Something there may be visible, so that its absence is no secret.</summary>
    public bool MayReadSome(string application, string? environment) =>
        rights.AllowsSome(Access.Read, environment is null ? ConfigKeys.Heads(application) : ConfigKeys.Heads(application, environment))
        || rights.AllowsSome(Access.Read, environment is null ? ConfigKeys.Drafts(application) : ConfigKeys.Drafts(application, environment));

    public void RequireSome(string application, string? environment)
    {
        if (!MayReadSome(application, environment))
        {
            throw Denied("read", environment is null ? application : $"{application}/{environment}", environment is null ? ConfigKeys.Heads(application) : ConfigKeys.Heads(application, environment));
        }
    }

    /// <summary>Before a publish is planned: its errors tell about what is there.</summary>
    public void RequirePublishSome(ReleaseTarget target)
    {
        if (target.Name is not null)
        {
            RequirePublish(new(target.Application, target.Environment, target.Name, target.Selector));
        }
        else if (ConfigKeys.Heads(target.Application, target.Environment) is var heads && !rights.AllowsSome(Access.Write, heads))
        {
            throw Denied("publish", target.ToString(), heads, Access.Write);
        }
    }

    /// <summary>A view of an environment that only the defaults serve needs no right on the environment.</summary>
    public void RequireSomeView(ViewKey key)
    {
        if (!MayReadSome(key.Application, ConfigNames.DefaultEnvironment))
        {
            RequireSome(key.Application, key.Environment);
        }
    }

    public void RequireRead(ConfigPath path) => Require(Access.Read, Head(path), "read", path);

    public void RequireReadDraft(ConfigPath path) => Require(Access.Read, Draft(path), "read the draft of", path);

    public void RequireEdit(ConfigPath path) => Require(Access.Write, Draft(path), "edit", path);

    public void RequirePublish(ConfigPath path) => Require(Access.Write, Head(path), "publish", path);

    /// <summary>
    /// A view shows what is in its layers, also those that it imports: who sees it must be allowed to read each. So nobody gets at
    /// another application's settings by importing them.
    /// </summary>
    public void RequireView(ResolvedView view)
    {
        foreach (var layer in view.Layers.Layers)
        {
            RequireRead(layer.Head.Path);
        }
    }

    public static IReadOnlyList<RequiredRight> ToEdit(ConfigPath path) => [new(Access.Write, Draft(path))];

    public static IReadOnlyList<RequiredRight> ToPublish(IEnumerable<ConfigPath> paths) => [.. paths.Select(path => new RequiredRight(Access.Write, Head(path)))];

    /// <summary>Who the caller is was not accepted, or it was refused where no single key can be named.</summary>
    public static ConfigException Refused(StoreError error) => new(error switch
    {
        StoreError.PermissionDenied => new(ConfigErrorCode.PermissionDenied, "The user has not the right to do this.", "", "Ask for a role that has it ('concord role get', 'concord user get')."),
        StoreError.UserEmpty => new(ConfigErrorCode.Unauthenticated, "This server checks access, and the request names no user.", "", "Sign in: a name with its password, or a token."),
        StoreError.AuthOldRevision => new(ConfigErrorCode.Unauthenticated, "The user's credentials have changed since they were shown.", "", "Sign in again."),
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, "Not a reason about access."),
    });

    private void Require(Access access, KeyRange key, string verb, ConfigPath path)
    {
        if (!rights.Allows(access, key))
        {
            throw Denied(verb, path.Text, key, access);
        }
    }

    private static ConfigException Denied(string verb, string what, KeyRange range, Access access = Access.Read) => new(new ConfigError(
        ConfigErrorCode.PermissionDenied,
        $"The user may not {verb} {what}.",
        "",
        $"It needs a role with {(access == Access.Read ? "read" : "write")} permission on {System.Text.Encoding.UTF8.GetString(range.Start.Span)}{(range.IsSingle ? "" : "*")}."));

    private static KeyRange Head(ConfigPath path) => KeyRange.Single(ConfigKeys.Head(path));

    private static KeyRange Draft(ConfigPath path) => KeyRange.Single(ConfigKeys.Draft(path));
}
