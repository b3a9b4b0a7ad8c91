using System.Diagnostics.CodeAnalysis;

namespace Concord.Server.Configs.Documents;

/// <summary>What a value was in its document; all become text for clients, a rendered document gives them back.</summary>
public enum ScalarKind : byte
{
    Text,
    Number,
    Boolean,
    Null,
}

/// <param name="Text">
/// The value as clients get it: <c>true</c> for a JSON true, numbers as written, and empty for null, so that an upper
/// layer can blank a key of a lower one.
/// </param>
/// <param name="Line">Where it stands in its document, from 1; 0 if unknown.</param>
/// <param name="Layer">Which layer of a view it comes from, counted from the lowest; 0 in a document by itself.</param>
public readonly record struct ConfigValue(string Text, ScalarKind Kind, int Line, int Column, int Layer = 0);

/// <summary>
/// One place in the tree of a document. Usually a value, an object or a list; formats with flat keys can give a value
/// and children at once (<c>a=1</c>, <c>a.b=2</c>). Names are equal without regard to case, as .NET's configuration
/// has it.
/// </summary>
public sealed class ConfigNode(string name)
{
    private Dictionary<string, ConfigNode>? _children;

    /// <summary>As written; in a merged tree as the highest layer wrote it.</summary>
    public string Name { get; internal set; } = name;

    public ConfigValue? Value { get; set; }

    /// <summary>The children are elements named 0, 1, …; an empty list has none.</summary>
    public bool IsList { get; set; }

    /// <summary>In the order of the document.</summary>
    public IReadOnlyCollection<ConfigNode> Children => _children?.Values ?? (IReadOnlyCollection<ConfigNode>)[];

    public bool TryGet(string name, [NotNullWhen(true)] out ConfigNode? child)
    {
        child = null;
        return _children is not null && _children.TryGetValue(name, out child);
    }

    /// <summary>The child of this name, made if it is not there.</summary>
    public ConfigNode Child(string name)
    {
        _children ??= new(StringComparer.OrdinalIgnoreCase);
        if (!_children.TryGetValue(name, out var child))
        {
            child = new(name);
            _children.Add(name, child);
        }

        return child;
    }

    /// <summary>Puts a child in the place of the one with the same name, if there is one.</summary>
    public void Replace(ConfigNode child)
    {
        _children ??= new(StringComparer.OrdinalIgnoreCase);
        _children.Remove(child.Name);
        _children.Add(child.Name, child);
    }

    public void Clear() => _children = null;
}
