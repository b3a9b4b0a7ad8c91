using System.Globalization;
using Concord.Server.Configs.Model;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using ScalarEvent = YamlDotNet.Core.Events.Scalar;

namespace Concord.Server.Configs.Documents;

/// <summary>
/// One YAML 1.2 document (core schema) with anchors, aliases and merge keys. Reads the parser's events, not its object
/// model: the depth is checked before each descent and the nodes are counted as aliases expand, so that neither deep
/// nesting nor aliases of aliases can exhaust the server.
/// </summary>
internal sealed class YamlReader
{
    private readonly Parser _parser;
    private readonly Dictionary<AnchorName, YamlItem> _anchors = [];
    private readonly DocumentTree _tree = new();
    private int _expanded;

    private YamlReader(string text) => _parser = new Parser(new Scanner(new StringReader(text), skipComments: true));

    public static ConfigNode Read(string text)
    {
        try
        {
            return new YamlReader(text).ReadDocument();
        }
        catch (YamlException e)
        {
            throw DocumentTree.Malformed($"The YAML is malformed: {Reason(e)}", "Correct the document at this place; indent with spaces.", (int)e.Start.Line, (int)e.Start.Column, e);
        }
    }

    private ConfigNode ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.TryConsume<DocumentStart>(out _))
        {
            var top = Compose(0);
            _parser.Consume<DocumentEnd>();
            if (_parser.TryConsume<DocumentStart>(out var second))
            {
                throw Malformed("There is a second document.", "Keep one document; put the other in a configuration of its own.", second.Start);
            }

            ReadTop(top);
        }

        return _tree.Finish();
    }

    private void ReadTop(YamlItem top)
    {
        switch (top)
        {
            case YamlItem.Map map:
                ReadMap(map, _tree.Root, 0);
                break;
            case YamlItem.Scalar { Kind: ScalarKind.Null }:
                break;
            default:
                throw Malformed("The top of the document must be a mapping.", "Write settings as 'key: value'.", top.Mark);
        }
    }

    /// <summary>From events to items; aliases refer to the item of their anchor, which is complete by then.</summary>
    private YamlItem Compose(int depth)
    {
        var next = _parser.Current!;
        DocumentTree.CheckDepth(depth, (int)next.Start.Line, (int)next.Start.Column);
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            return _anchors.TryGetValue(alias.Value, out var known)
                ? known
                : throw Malformed($"There is no anchor '{alias.Value}' before this alias.", "Define the anchor with & above, outside of itself.", alias.Start);
        }

        var anchor = ((NodeEvent)next).Anchor;
        YamlItem item = next switch
        {
            ScalarEvent => ComposeScalar(),
            SequenceStart => ComposeList(depth),
            _ => ComposeMap(depth),
        };
        if (!anchor.IsEmpty)
        {
            _anchors[anchor] = item;
        }

        return item;
    }

    private YamlItem.Scalar ComposeScalar()
    {
        var scalar = _parser.Consume<ScalarEvent>();
        var plain = scalar is { Style: ScalarStyle.Plain, Tag.IsEmpty: true };
        return new(scalar.Value, plain ? Kind(scalar.Value) : TaggedKind(scalar), scalar.Start) { IsMerge = plain && scalar.Value == "<<" };
    }

    private YamlItem.List ComposeList(int depth)
    {
        var start = _parser.Consume<SequenceStart>();
        var items = new List<YamlItem>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(Compose(depth + 1));
        }

        return new(items, start.Start);
    }

    private YamlItem.Map ComposeMap(int depth)
    {
        var start = _parser.Consume<MappingStart>();
        var entries = new List<(YamlItem.Scalar, YamlItem)>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = Compose(depth + 1) as YamlItem.Scalar ?? throw Malformed("A key is not a plain value.", "Use texts as keys.", _parser.Current!.Start);
            entries.Add((key, Compose(depth + 1)));
        }

        return new(entries, start.Start);
    }

    private void ReadItem(YamlItem item, ConfigNode node, int depth)
    {
        DocumentTree.CheckDepth(depth, (int)item.Mark.Line, (int)item.Mark.Column);
        CountExpanded(item.Mark);
        switch (item)
        {
            case YamlItem.Scalar scalar:
                _tree.SetValue(node, scalar.Kind == ScalarKind.Null ? "" : BooleanInLowerCase(scalar), scalar.Kind, (int)scalar.Mark.Line, (int)scalar.Mark.Column);
                break;
            case YamlItem.List list:
                DocumentTree.BeginList(node, (int)list.Mark.Line, (int)list.Mark.Column);
                for (var i = 0; i < list.Items.Count; i++)
                {
                    ReadItem(list.Items[i], node.Child(i.ToString(CultureInfo.InvariantCulture)), depth + 1);
                }

                break;
            case YamlItem.Map map:
                ReadMap(map, node, depth);
                break;
        }
    }

    private void ReadMap(YamlItem.Map map, ConfigNode node, int depth)
    {
        foreach (var (key, value) in Merged(map, depth))
        {
            var child = DocumentTree.Descend(node, key.Text, (int)key.Mark.Line, (int)key.Mark.Column);
            ReadItem(value, child, depth + 1);
        }
    }

    /// <summary>
    /// The entries with those of <c>&lt;&lt;</c> filled in: a key written in the mapping itself wins over merged ones,
    /// and of several merged mappings the first that has the key.
    /// </summary>
    private List<(YamlItem.Scalar Key, YamlItem Value)> Merged(YamlItem.Map map, int depth)
    {
        if (!map.Entries.Exists(static entry => entry.Key.IsMerge))
        {
            return map.Entries;
        }

        DocumentTree.CheckDepth(depth, (int)map.Mark.Line, (int)map.Mark.Column);
        var entries = map.Entries.FindAll(static entry => !entry.Key.IsMerge);
        var present = entries.Select(static entry => entry.Key.Text).ToHashSet(KeyText.Identity);
        foreach (var (key, value) in map.Entries)
        {
            if (!key.IsMerge)
            {
                continue;
            }

            foreach (var source in value is YamlItem.List list ? list.Items : [value])
            {
                CountExpanded(key.Mark);
                var mapping = source as YamlItem.Map ?? throw Malformed("'<<' merges something that is not a mapping.", "Refer to the anchor of a mapping.", key.Mark);
                foreach (var merged in Merged(mapping, depth + 1))
                {
                    CountExpanded(key.Mark);
                    if (present.Add(merged.Key.Text))
                    {
                        entries.Add(merged);
                    }
                }
            }
        }

        return entries;
    }

    private void CountExpanded(Mark mark)
    {
        if (++_expanded > ConfigLimits.ExpandedNodes)
        {
            throw DocumentTree.TooLarge($"The document has more than {ConfigLimits.ExpandedNodes} nodes after its aliases are expanded.", "Use fewer aliases of aliases.", (int)mark.Line, (int)mark.Column);
        }
    }

    /// <summary>The core schema of YAML 1.2.2, section 10.3.2: <c>yes</c>, <c>on</c> and the like are texts.</summary>
    private static ScalarKind Kind(string plain) => plain switch
    {
        "" or "~" or "null" or "Null" or "NULL" => ScalarKind.Null,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarKind.Boolean,
        _ => JsonNumber.IsMatch(plain) ? ScalarKind.Number : ScalarKind.Text,
    };

    private static ScalarKind TaggedKind(ScalarEvent scalar) => scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific || scalar.Tag == "tag:yaml.org,2002:str"
        ? ScalarKind.Text
        : throw Malformed($"The tag '{scalar.Tag}' is not supported.", "Remove the tag, or use !!str for a text.", scalar.Start);

    private static string BooleanInLowerCase(YamlItem.Scalar scalar) =>
        scalar.Kind == ScalarKind.Boolean ? scalar.Text.ToLowerInvariant() : scalar.Text;

    private static string Reason(YamlException e)
    {
        // The message begins with positions that the error carries by itself.
        var text = e.Message;
        var end = text.StartsWith('(') ? text.IndexOf("): ", StringComparison.Ordinal) : -1;
        return end < 0 ? text : text[(end + 3)..];
    }

    private static ConfigException Malformed(string message, string remedy, Mark mark) =>
        DocumentTree.Malformed(message, remedy, (int)mark.Line, (int)mark.Column);

    private abstract record YamlItem(Mark Mark)
    {
        public sealed record Scalar(string Text, ScalarKind Kind, Mark Mark) : YamlItem(Mark)
        {
            public bool IsMerge { get; init; }
        }

        public sealed record List(List<YamlItem> Items, Mark Mark) : YamlItem(Mark);

        public sealed record Map(List<(Scalar Key, YamlItem Value)> Entries, Mark Mark) : YamlItem(Mark);
    }
}
