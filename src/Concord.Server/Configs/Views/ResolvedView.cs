using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Model;

namespace Concord.Server.Configs.Views;

/// <summary>One setting of a view: the value as clients get it, and as its document has it.</summary>
internal readonly record struct ResolvedSetting(string Key, string Value, ConfigValue Raw);

/// <summary>The effective configuration of one view. Immutable.</summary>
internal sealed class ResolvedView
{
    private ResolvedView(ViewKey key, ViewLayers layers, ConfigNode tree, ResolvedSetting[] settings, List<ViewProblem> problems)
    {
        Key = key;
        Layers = layers;
        Tree = tree;
        Settings = settings;
        Problems = problems;
        Version = VersionOf(settings);
    }

    public ViewKey Key { get; }

    public ViewLayers Layers { get; }

    /// <summary>The merged tree, before interpolation.</summary>
    public ConfigNode Tree { get; }

    /// <summary>In byte order of the keys.</summary>
    public IReadOnlyList<ResolvedSetting> Settings { get; }

    public IReadOnlyList<ViewProblem> Problems { get; }

    public long Release => Layers.Release;

    public long Revision => Layers.Revision;

    /// <summary>Equal versions have equal settings: 16 hexadecimal digits of their SHA-256.</summary>
    public string Version { get; }

    public static ResolvedView Of(ConfigState state, ViewKey key)
    {
        var layers = ViewLayers.Of(state, key);
        var problems = layers.Problems.ToList();
        var tree = new ConfigNode("");
        for (var i = 0; i < layers.Layers.Count; i++)
        {
            Apply(state, layers.Layers[i].Head, tree, i, problems);
        }

        var flat = FlatSettings.Of(tree);
        if (flat.Count > ConfigLimits.KeysPerView)
        {
            problems.Add(new("", -1, 0, ConfigErrorCode.TooLarge, $"The view has {flat.Count} keys; at most {ConfigLimits.KeysPerView} are allowed."));
        }

        var (values, unresolved) = Interpolation.Resolve(flat);
        problems.AddRange(unresolved);
        var settings = new ResolvedSetting[flat.Count];
        var bytes = 0L;
        for (var i = 0; i < settings.Length; i++)
        {
            settings[i] = new(flat[i].Key, values[i], flat[i].Value);
            bytes += KeyText.Bytes(flat[i].Key) + KeyText.Bytes(values[i]);
        }

        if (bytes > ConfigLimits.ViewBytes)
        {
            problems.Add(new("", -1, 0, ConfigErrorCode.TooLarge, $"The view has {bytes} bytes; at most {ConfigLimits.ViewBytes} are allowed."));
        }

        return new(key, layers, tree, settings, problems);
    }

    /// <summary>The problems as clients get them.</summary>
    public IEnumerable<string> ProblemTexts() => Problems.Count <= ConfigLimits.ProblemsListed
        ? Problems.Select(static problem => problem.Message)
        : Problems.Take(ConfigLimits.ProblemsListed).Select(static problem => problem.Message)
            .Append(string.Create(CultureInfo.InvariantCulture, $"… and {Problems.Count - ConfigLimits.ProblemsListed} more."));

    private static void Apply(ConfigState state, PublishedHead head, ConfigNode tree, int layer, List<ViewProblem> problems)
    {
        try
        {
            LayerMerge.Apply(tree, state.Tree(head), layer);
        }
        catch (ConfigException e)
        {
            // Publish refuses such a document; one from a server with other limits may still be there.
            problems.Add(new("", layer, e.Error.Line, e.Error.Code, $"{head.Path}: {e.Error.Message}"));
        }
    }

    /// <summary>Length-prefixed, so that no two different lists of settings give the same bytes.</summary>
    private static string VersionOf(ResolvedSetting[] settings)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var setting in settings)
        {
            foreach (var text in (ReadOnlySpan<string>)[setting.Key, setting.Value])
            {
                var bytes = Encoding.UTF8.GetBytes(text);
                BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
                hash.AppendData(length);
                hash.AppendData(bytes);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }
}
