using System.Diagnostics.CodeAnalysis;

namespace Concord.Routing;

/// <summary>
/// One place of a document that steers traffic, whoever holds it: the server has documents with lines, a client has the flat settings
/// of a view. Names are equal without regard to case, as .NET's configuration has it.
/// </summary>
/// <param name="name">The last part of <paramref name="path"/>.</param>
/// <param name="path">The whole key in ':' form; empty for the document itself.</param>
/// <param name="value">Null if there is none; an empty one is as good as none.</param>
/// <param name="line">From 1; 0 if it is not known.</param>
public sealed class DocumentNode(string name, string path, string? value = null, int line = 0, int column = 0)
{
    private readonly List<DocumentNode> _children = [];

    public string Name { get; } = name;

    public string Path { get; } = path;

    public string? Value { get; private set; } = value;

    public int Line { get; } = line;

    public int Column { get; } = column;

    /// <summary>In the order of the document.</summary>
    public IReadOnlyList<DocumentNode> Children => _children;

    /// <summary>Neither a value nor anything below: an upper layer took it away, or nobody wrote it.</summary>
    public bool IsEmpty => string.IsNullOrEmpty(Value) && _children.TrueForAll(child => child.IsEmpty);

    /// <summary>The document that a view's settings make.</summary>
    public static DocumentNode FromSettings(IEnumerable<KeyValuePair<string, string>> settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var root = new DocumentNode("", "");
        foreach (var (key, value) in settings)
        {
            var node = root;
            foreach (var part in key.Split(':'))
                node = node.TryGet(part, out var child) ? child : node.Add(new DocumentNode(part, node.Path.Length == 0 ? part : $"{node.Path}:{part}"));
            node.Value = value;
        }

        return root;
    }

    public DocumentNode Add(DocumentNode child)
    {
        _children.Add(child);
        return child;
    }

    public bool TryGet(string name, [NotNullWhen(true)] out DocumentNode? child)
    {
        child = _children.Find(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return child is not null;
    }

    /// <summary>The values below with their keys relative to this place, which may hold a ':' themselves.</summary>
    public IEnumerable<(string Key, DocumentNode Node)> Leaves()
    {
        foreach (var child in _children)
        {
            if (!string.IsNullOrEmpty(child.Value))
                yield return (child.Name, child);
            foreach (var (key, node) in child.Leaves())
                yield return ($"{child.Name}:{key}", node);
        }
    }
}
