using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Concord.Cli.Access;
using Concord.Cli.Cluster;
using Concord.Cli.Config;
using Concord.Cli.Errors;
using Concord.Cli.Kv;
using Concord.Cli.Members;
using Concord.Cli.Services;
using Concord.Cli.Snapshot;
using Concord.Cli.Status;
using Concord.Client.Configs;

namespace Concord.Cli.Output;

/// <summary>
/// Every document that -o json prints. The field names are the properties in camel case: renaming a property breaks
/// scripts, and the golden tests say so.
/// </summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(ApplicationList))]
[JsonSerializable(typeof(ConfigurationList))]
[JsonSerializable(typeof(DraftList))]
[JsonSerializable(typeof(DiscardedDrafts))]
[JsonSerializable(typeof(ImportResult))]
[JsonSerializable(typeof(ExportedConfigurations))]
[JsonSerializable(typeof(InstanceList))]
[JsonSerializable(typeof(ConfigurationDraft))]
[JsonSerializable(typeof(ConfigurationDiff))]
[JsonSerializable(typeof(PublishedRelease))]
[JsonSerializable(typeof(ReleasePage))]
[JsonSerializable(typeof(ShownRelease))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(ConfigEvent))]
[JsonSerializable(typeof(ServiceListJson))]
[JsonSerializable(typeof(ServiceInstancesJson))]
[JsonSerializable(typeof(ServiceChangedJson))]
[JsonSerializable(typeof(ServiceEventJson))]
[JsonSerializable(typeof(ServiceRouteJson))]
[JsonSerializable(typeof(ServiceSettingsJson))]
[JsonSerializable(typeof(KvPairs))]
[JsonSerializable(typeof(KvCount))]
[JsonSerializable(typeof(KvPutDone))]
[JsonSerializable(typeof(KvDeleted))]
[JsonSerializable(typeof(KvEvent))]
[JsonSerializable(typeof(ClusterStatus))]
[JsonSerializable(typeof(ClusterHealth))]
[JsonSerializable(typeof(MemberList))]
[JsonSerializable(typeof(MembersChanged))]
[JsonSerializable(typeof(GossipGroupJson))]
[JsonSerializable(typeof(MemberEventJson))]
[JsonSerializable(typeof(KeyringJson))]
[JsonSerializable(typeof(LeaderMoved))]
[JsonSerializable(typeof(SnapshotSummary))]
[JsonSerializable(typeof(SnapshotRestored))]
[JsonSerializable(typeof(AccessJson))]
[JsonSerializable(typeof(AccessChanged))]
[JsonSerializable(typeof(UserList))]
[JsonSerializable(typeof(UserJson))]
[JsonSerializable(typeof(RoleList))]
[JsonSerializable(typeof(RoleJson))]
internal sealed partial class OutputJson : JsonSerializerContext
{
    /// <summary>Whole documents.</summary>
    public static OutputJson Pretty { get; } = new(Settings(indented: true));

    /// <summary>One event per line.</summary>
    public static OutputJson Lines { get; } = new(Settings(indented: false));

    private static JsonSerializerOptions Settings(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DictionaryKeyPolicy = null,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = indented,
        // The output goes to programs and terminals, not into a page: letters stay letters.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters =
        {
            new ConfigurationPathConverter(),
            new UtcTimeConverter(),
            new JsonStringEnumConverter<DocumentFormat>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<ChangeKind>(JsonNamingPolicy.CamelCase),
            new JsonStringEnumConverter<InstanceState>(JsonNamingPolicy.CamelCase),
        },
    };
}
