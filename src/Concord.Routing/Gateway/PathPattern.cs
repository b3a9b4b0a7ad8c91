namespace Concord.Routing.Gateway;

/// <summary>
/// The patterns of paths that a gateway takes: text, <c>{name}</c> for one part and <c>{**name}</c> for the rest. ASP.NET's patterns have more; what is not here is
/// refused when it is written, not when a gateway cannot start with it.
/// </summary>
internal static class PathPattern
{
    private const int CharactersMax = 500;

    public static void Check(DocumentReader reader, DocumentNode node, string path)
    {
        if (FaultOf(path) is { } fault)
            reader.Fault(node, $"'{node.Path}' is '{path}': {fault}.", "Write a pattern such as /shop/{**rest}, /shop/{id}/price or /health.");
    }

    /// <summary>Equal for patterns that match the same paths, whatever their parameters are called.</summary>
    public static string ShapeOf(string path) => string.Join('/', path.ToLowerInvariant().Split('/')
        .Select(part => part.StartsWith("{*", StringComparison.Ordinal) ? "{**}" : part.StartsWith('{') ? "{}" : part));

    private static string? FaultOf(string path)
    {
        if (path[0] != '/')
            return "it does not begin with '/'";
        if (path.Length > CharactersMax)
            return $"it has more than {CharactersMax} characters";
        var parts = path[1..].Split('/');
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < parts.Length; i++)
        {
            var part = parts[i];
            if (part.Length == 0 && i < parts.Length - 1)
                return "it has an empty part";
            if (part.AsSpan().IndexOfAny("{}") < 0)
            {
                if (part.AsSpan().IndexOfAny("?#*") >= 0 || part.Any(char.IsControl))
                    return "'?', '#' and '*' are no part of a path";
                continue;
            }

            if (part[0] != '{' || part[^1] != '}' || part.LastIndexOf('{') != 0 || part.IndexOf('}', StringComparison.Ordinal) != part.Length - 1)
                return $"'{part}' mixes text and braces";
            var name = part[1..^1];
            var isRest = name.StartsWith('*');
            name = name.TrimStart('*');
            if (isRest && i < parts.Length - 1)
                return $"'{part}' takes the rest, so nothing can follow";
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
                return $"'{part}' has no name of letters and digits";
            if (!names.Add(name))
                return $"'{name}' is there twice";
        }

        return null;
    }
}
