using System.Globalization;

namespace Concord.Routing;

/// <summary>Reads fields and collects what is wrong, all of it rather than the first.</summary>
/// <param name="isLayer">
/// The document is one layer of several: what is missing may be in another one, and a reference <c>${…}</c> is filled in later. Names of fields and
/// values that are there are judged all the same.
/// </param>
internal sealed class DocumentReader(bool isLayer)
{
    private readonly List<DocumentFault> _faults = [];

    public IReadOnlyList<DocumentFault> Faults => _faults;

    public bool IsLayer => isLayer;

    public void Fault(DocumentNode node, string message, string remedy) =>
        _faults.Add(new(node.Path, message, remedy, node.Line, node.Line > 0 ? Math.Max(node.Column, 1) : 0));

    /// <summary>Something that only the whole can have wrong, such as a field that is missing.</summary>
    public void FaultOfWhole(DocumentNode node, string message, string remedy)
    {
        if (!isLayer)
            Fault(node, message, remedy);
    }

    /// <summary>Finds fault with every field that has none of these names.</summary>
    public void Only(DocumentNode node, params ReadOnlySpan<string> names)
    {
        foreach (var child in node.Children)
        {
            var isKnown = false;
            foreach (var name in names)
                isKnown |= child.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
            if (!isKnown)
                Fault(child, $"There is no field '{child.Path}'.", $"{(node.Path.Length == 0 ? "The document" : $"'{node.Path}'")} has: {string.Join(", ", names)}.");
        }

        if (!string.IsNullOrEmpty(node.Value))
            Fault(node, $"'{node.Path}' has fields, not a value.", $"It has: {string.Join(", ", names)}.");
    }

    /// <summary>Null if it is not written, empty, or a reference that is not filled in yet.</summary>
    public string? Text(DocumentNode parent, string name)
    {
        if (!parent.TryGet(name, out var node))
            return null;
        if (node.Children.Count > 0)
            Fault(node, $"'{node.Path}' is a single value.", "Write one value.");
        return TextOf(node);
    }

    public string? TextOf(DocumentNode node) =>
        string.IsNullOrWhiteSpace(node.Value) || (isLayer && node.Value.Contains("${", StringComparison.Ordinal)) ? null : node.Value.Trim();

    /// <summary>The elements of a list; a single value with commas is a list too, so that it fits on one line of a .properties file.</summary>
    public IReadOnlyList<(string Text, DocumentNode Node)> Texts(DocumentNode parent, string name)
    {
        if (!parent.TryGet(name, out var node))
            return [];
        if (node.Children.Count == 0)
            return TextOf(node) is { } text ? [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(one => (one, node))] : [];
        return [.. Elements(parent, name).Where(one => TextOf(one) is not null).Select(one => (TextOf(one)!, one))];
    }

    /// <summary>The elements of a list, in its order.</summary>
    public IReadOnlyList<DocumentNode> Elements(DocumentNode parent, string name)
    {
        if (!parent.TryGet(name, out var node))
            return [];
        var elements = new SortedList<int, DocumentNode>();
        foreach (var child in node.Children)
        {
            if (int.TryParse(child.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                elements[index] = child;
            else
                Fault(child, $"'{node.Path}' is a list, and '{child.Name}' is no place in it.", "Write a list: in YAML one '- …' per element, in .properties the elements 0, 1, ….");
        }

        if (node.Children.Count == 0 && TextOf(node) is not null)
            Fault(node, $"'{node.Path}' is a list.", "Write a list: in YAML one '- …' per element, in .properties the elements 0, 1, ….");
        return [.. elements.Values];
    }

    public int? Number(DocumentNode parent, string name, int min, int max)
    {
        if (Text(parent, name) is not { } text || !parent.TryGet(name, out var node))
            return null;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
            return number;
        Fault(node, $"'{node.Path}' is '{text}'.", $"Write a whole number from {min} to {max}.");
        return null;
    }

    /// <summary>A percentage with at most two decimals, in hundredths of a percent.</summary>
    public int? BasisPoints(DocumentNode parent, string name)
    {
        if (Text(parent, name) is not { } text || !parent.TryGet(name, out var node))
            return null;
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
            && percent is >= 0 and <= 100 && percent * 100 == decimal.Truncate(percent * 100))
        {
            return (int)(percent * 100);
        }

        Fault(node, $"'{node.Path}' is '{text}'.", "Write a percentage from 0 to 100 with at most two decimals.");
        return null;
    }

    public TimeSpan? Time(DocumentNode parent, string name, TimeSpan min, TimeSpan max)
    {
        if (Text(parent, name) is not { } text || !parent.TryGet(name, out var node))
            return null;
        if (DurationText.TryParse(text, out var time) && time >= min && time <= max)
            return time;
        Fault(node, $"'{node.Path}' is '{text}'.", $"Write a time from {DurationText.Of(min)} to {DurationText.Of(max)}, such as 500ms, 30s or 2m.");
        return null;
    }
}
