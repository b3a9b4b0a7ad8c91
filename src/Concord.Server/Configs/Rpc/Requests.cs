using Concord.Protocol.V1;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Releases;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Rpc;

/// <summary>From messages to the slice's values; everything is checked here, with the field's name in the proto.</summary>
internal static class Requests
{
    public static ConfigPath Path(ConfigurationId? id) => id is null
        ? throw Missing("id", "Name the configuration: application, environment and name.")
        : ConfigPath.From(id.Application, id.Environment, id.Name, id.Selector, "id");

    public static ConfigDocument? Document(Document? document) =>
        document is null ? null : ConfigDocument.From(ConfigFormats.From((int)document.Format, "document.format"), document.Content);

    public static ConfigFormat? OptionalFormat(Format format, string field) =>
        format == Format.Unspecified ? null : ConfigFormats.From((int)format, field);

    public static IReadOnlyList<ReleaseTarget> Targets(IEnumerable<Target> targets) => targets
        .Select(static target => ReleaseTarget.From(target.Application, target.Environment, target.Name, target.Selector, target.HasExpectedRelease ? target.ExpectedRelease : null))
        .ToList();

    public static ViewKey View(ViewId? view, string field) => view is null
        ? throw Missing(field, "Name the view: application and environment.")
        : ViewKey.From(view.Application, view.Environment, view.Names, view.Labels, field);

    private static ConfigException Missing(string field, string remedy) =>
        new(new ConfigError(ConfigErrorCode.InvalidRequest, $"'{field}' is missing.", field, remedy));
}
