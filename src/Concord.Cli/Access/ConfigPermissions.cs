using System.CommandLine;
using Concord.Client.Kv;
using Concord.Client.Users;

namespace Concord.Cli.Access;

/// <summary>
/// What may be done with configurations, as permissions on the keys that stand for it (docs/security.md): reading what is
/// published is reading the heads, editing is writing drafts, publishing is writing heads.
/// </summary>
internal static class ConfigPermissions
{
    private const string Heads = "/concord/config/heads/";
    private const string Drafts = "/concord/config/drafts/";
    private const string Defaults = "default";

    public static Argument<string> Target()
    {
        var argument = new Argument<string>("APP[/ENV]") { Description = "The application, or one environment of it" };
        argument.Validators.Add(result =>
        {
            var text = result.Tokens.Single().Value;
            if (text.Split('/') is not ([{ Length: > 0 }] or [{ Length: > 0 }, { Length: > 0 }]))
                result.AddError($"'{text}' is no application: write APP, or APP/ENV for one environment");
        });
        return argument;
    }

    public static Argument<string> Deed()
    {
        var argument = new Argument<string>("DEED")
        {
            Description = "read (what is published, and the defaults), edit (drafts; with reading), or publish (also roll back; with reading)",
        };
        argument.AcceptOnlyFromAmong("read", "edit", "publish");
        return argument;
    }

    /// <summary>The permissions that a deed needs; together with others of the same range they add up.</summary>
    public static IReadOnlyList<KeyPermission> Of(string target, string deed)
    {
        var heads = Range(Heads, target);
        var drafts = Range(Drafts, target);
        var needed = new List<KeyPermission>
        {
            new(deed == "publish" ? KeyAccess.ReadWrite : KeyAccess.Read, heads),
        };
        if (deed != "read")
            needed.Add(new(deed == "edit" ? KeyAccess.ReadWrite : KeyAccess.Read, drafts));
        if (target.Split('/') is [var app, var env] && env != Defaults)
            needed.Add(new(KeyAccess.Read, Range(Heads, $"{app}/{Defaults}")));
        return needed;
    }

    /// <summary>Everything that a target stands for.</summary>
    public static IReadOnlyList<KeyRange> All(string target) => [Range(Heads, target), Range(Drafts, target)];

    private static KeyRange Range(string folder, string target) => KeyRange.Prefix($"{folder}{target.ToLowerInvariant()}/");
}
