using System.Globalization;
using Concord.Server.Configs.Documents;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using ScalarEvent = YamlDotNet.Core.Events.Scalar;

namespace Concord.Server.Configs.Editing;

/// <summary>Where the parts of a YAML document stand. Aliases are nodes without members: what they refer to stands elsewhere.</summary>
internal sealed class YamlSyntax
{
    private YamlSyntax(ParsingEvent start)
    {
        Scalar = start as ScalarEvent;
        IsBlockMapping = start is MappingStart { Style: MappingStyle.Block };
        IsBlockSequence = start is SequenceStart { Style: SequenceStyle.Block };
        Start = start.Start;
        End = (int)start.End.Index;
    }

    public bool IsBlockMapping { get; }

    public bool IsBlockSequence { get; }

    public ScalarEvent? Scalar { get; }

    /// <summary>An empty place behind a key, where a value or a mapping may come.</summary>
    public bool IsEmptyPlace => Scalar is { Value: "", Style: ScalarStyle.Plain, Anchor.IsEmpty: true, Tag.IsEmpty: true };

    public Mark Start { get; }

    /// <summary>Behind the last character; of block texts behind their line breaks.</summary>
    public int End { get; private set; }

    /// <summary>Of a mapping by their keys, of a sequence by their numbers, in order.</summary>
    public List<Member> Members { get; } = [];

    /// <param name="Start">Where its key or, in a sequence, its value begins.</param>
    public readonly record struct Member(string Name, Mark Start, YamlSyntax Value);

    /// <summary>The top node, or null for a document without one.</summary>
    public static YamlSyntax? Read(string text, string field)
    {
        try
        {
            var parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
            parser.Consume<StreamStart>();
            return !parser.TryConsume<DocumentStart>(out _) || (parser.Accept<ScalarEvent>(out var scalar) && scalar.Value.Length == 0)
                ? null
                : ReadNode(parser, 0, field);
        }
        catch (YamlException e)
        {
            throw DocumentTree.Malformed($"The YAML is malformed: {e.Message}", "Correct the document, then edit it.", (int)e.Start.Line, (int)e.Start.Column, e);
        }
    }

    /// <summary>The nodes on the way to a key, the top first, and the parts of the key that are not there.</summary>
    public (List<(YamlSyntax Node, Member Member)> Way, YamlSyntax Last, string[] Missing) Find(string key)
    {
        var way = new List<(YamlSyntax, Member)>();
        var (node, rest) = (this, key.Split(KeyText.Separator));
        while (rest.Length > 0 && Next(node, rest) is var (member, used) && used > 0)
        {
            way.Add((node, member));
            (node, rest) = (member.Value, rest[used..]);
        }

        return (way, node, rest);
    }

    /// <summary>The member with the longest name that the key begins with: names may hold ':' themselves.</summary>
    private static (Member, int) Next(YamlSyntax node, string[] rest)
    {
        for (var used = rest.Length; used > 0; used--)
        {
            var name = string.Join(KeyText.Separator, rest[..used]);
            var index = node.Members.FindIndex(member => KeyText.Identity.Equals(member.Name, name));
            if (index >= 0)
            {
                return (node.Members[index], used);
            }
        }

        return (default, 0);
    }

    private static YamlSyntax ReadNode(Parser parser, int depth, string field)
    {
        var start = parser.Current!;
        DocumentTree.CheckDepth(depth, (int)start.Start.Line, (int)start.Start.Column);
        var node = new YamlSyntax(start);
        parser.MoveNext();
        switch (start)
        {
            case MappingStart:
                while (!parser.Accept<MappingEnd>(out _))
                {
                    var key = parser.Current!;
                    var name = (ReadNode(parser, depth + 1, field).Scalar ?? throw DocumentEditor.CannotEdit("A key of the document is not a text.", field)).Value;
                    node.Members.Add(new(name, key.Start, ReadNode(parser, depth + 1, field)));
                }

                node.EndAt(parser, node.IsBlockMapping);
                break;
            case SequenceStart:
                while (!parser.Accept<SequenceEnd>(out _))
                {
                    var index = node.Members.Count.ToString(CultureInfo.InvariantCulture);
                    node.Members.Add(new(index, parser.Current!.Start, ReadNode(parser, depth + 1, field)));
                }

                node.EndAt(parser, node.IsBlockSequence);
                break;
        }

        return node;
    }

    /// <summary>The parser ends a block where the next token begins, behind comments that are not part of it.</summary>
    private void EndAt(Parser parser, bool isBlock)
    {
        var end = parser.Current!;
        End = isBlock && Members.Count > 0 ? Members[^1].Value.End : (int)end.End.Index;
        if (!isBlock && end.Start.Index == end.End.Index)
        {
            // The end of a flow collection has the place of its bracket, and no length.
            End++;
        }

        parser.MoveNext();
    }
}
