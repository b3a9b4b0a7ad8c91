using System.Globalization;
using System.Text;
using Concord.Mvcc;
using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Releases;

/// <summary>
/// Where the configuration centre keeps things in the store. Numbers have ten digits, so that byte order is their
/// order.
/// <code>
/// /concord/config/heads/APP/ENV/NAME[@labels]              which release the configuration is at (ConfigHead)
/// /concord/config/contents/APP/ENV/NAME[@labels]/RELEASE   its document in that release (ReleaseContent)
/// /concord/config/drafts/APP/ENV/NAME[@labels]             what the next release may make of it (DraftRecord)
/// /concord/config/releases/RELEASE                         who, when, why and what (ReleaseRecord)
/// /concord/config/history/APP/ENV/RELEASE                  empty: the release touched this environment
/// /concord/config/counter                                  the number of the last release
/// </code>
/// </summary>
internal static class ConfigKeys
{
    public const string Prefix = "/concord/config/";

    private const string HeadsPrefix = Prefix + "heads/";
    private const string DraftsPrefix = Prefix + "drafts/";
    private const string ReleasesPrefix = Prefix + "releases/";

    public static ReadOnlyMemory<byte> Counter { get; } = Bytes(Prefix + "counter");

    public static KeyRange AllHeads { get; } = Under(HeadsPrefix);

    public static KeyRange AllDrafts { get; } = Under(DraftsPrefix);

    public static ReadOnlyMemory<byte> Head(ConfigPath path) => Bytes(HeadsPrefix + path.Text);

    public static KeyRange Heads(string application) => Under($"{HeadsPrefix}{application}/");

    public static KeyRange Heads(string application, string environment) => Under($"{HeadsPrefix}{application}/{environment}/");

    public static ConfigPath PathOfHead(KeyVersion head) => ConfigPath.Parse(Tail(head, HeadsPrefix));

    public static ReadOnlyMemory<byte> Draft(ConfigPath path) => Bytes(DraftsPrefix + path.Text);

    public static KeyRange Drafts(string application) => Under($"{DraftsPrefix}{application}/");

    public static KeyRange Drafts(string application, string environment) => Under($"{DraftsPrefix}{application}/{environment}/");

    public static ConfigPath PathOfDraft(KeyVersion draft) => ConfigPath.Parse(Tail(draft, DraftsPrefix));

    public static ReadOnlyMemory<byte> Content(ConfigPath path, long release) => Bytes($"{Prefix}contents/{path.Text}/{Digits(release)}");

    /// <summary>The contents of one configuration up to and with a release.</summary>
    public static KeyRange ContentsUpTo(ConfigPath path, long release) => new(Bytes($"{Prefix}contents/{path.Text}/"), Content(path, release + 1));

    public static ReadOnlyMemory<byte> Release(long number) => Bytes(ReleasesPrefix + Digits(number));

    /// <summary>Releases below <paramref name="before"/>.</summary>
    public static KeyRange ReleasesBefore(long before) => new(Release(0), Release(before));

    public static ReadOnlyMemory<byte> History(string application, string environment, long release) => Bytes($"{Prefix}history/{application}/{environment}/{Digits(release)}");

    public static KeyRange HistoryBefore(string application, string environment, long before) => new(History(application, environment, 0), History(application, environment, before));

    /// <summary>The release number at the end of a key.</summary>
    public static long NumberOf(KeyVersion item) => long.Parse(Encoding.UTF8.GetString(item.Key.Span[^10..]), CultureInfo.InvariantCulture);

    private static string Tail(KeyVersion item, string prefix) => Encoding.UTF8.GetString(item.Key.Span[prefix.Length..]);

    private static string Digits(long number) => number.ToString("D10", CultureInfo.InvariantCulture);

    private static KeyRange Under(string prefix) => KeyRange.Prefix(Bytes(prefix));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
