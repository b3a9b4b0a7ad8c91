using System.Text;

namespace Concord.Server.Configs.Documents;

internal static class PropertiesReader
{
    public static ConfigNode Read(string text)
    {
        var tree = new DocumentTree();
        var (line, offset) = (1, 0);
        foreach (var setting in new PropertiesLines(text))
        {
            line += text.AsSpan(offset, setting.KeyStart - offset).Count('\n');
            offset = setting.KeyStart;
            var column = offset - text.AsSpan(0, offset).LastIndexOf('\n');
            tree.SetValue(Node(tree, setting, line, column), CheckText(setting.Value, line, column), ScalarKind.Text, line, column);
        }

        return tree.Finish();
    }

    private static ConfigNode Node(DocumentTree tree, PropertiesLine setting, int line, int column)
    {
        var node = tree.Root;
        foreach (var segment in setting.Key)
        {
            // The root cannot be a list; "[0]=x" alone has no name.
            if (segment.IsIndex && node == tree.Root)
            {
                throw DocumentTree.Malformed("A key begins with an index.", "Name the list before its index, such as zones[0].", line, column);
            }

            if (segment.IsIndex != node.IsList && node.Children.Count > 0)
            {
                throw DocumentTree.Malformed($"'{node.Name}' has elements and named parts.", "Use either [0] or names below one key.", line, column);
            }

            node.IsList |= segment.IsIndex;
            node = DocumentTree.Descend(node, segment.Name, line, column);
        }

        return node;
    }

    private static string CheckText(string value, int line, int column)
    {
        foreach (var rune in value.EnumerateRunes())
        {
            // A lone surrogate reads as U+FFFD; the character itself may stand in a text.
            if (rune == Rune.ReplacementChar && !value.Contains('\uFFFD', StringComparison.Ordinal))
            {
                throw DocumentTree.Malformed("A value holds half of a surrogate pair.", "Write both \\u escapes of the pair.", line, column);
            }
        }

        return value;
    }
}
