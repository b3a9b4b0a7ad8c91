using System.Globalization;
using Tomlyn;
using Tomlyn.Parsing;

namespace Concord.Server.Configs.Documents;

/// <summary>TOML 1.1. Numbers and dates keep the form that all readers know: 1_000 is 1000, dates are RFC 3339.</summary>
internal sealed class TomlReader
{
    private readonly TomlParser _parser;
    private readonly DocumentTree _tree = new();

    private TomlReader(string text) =>
        _parser = TomlParser.Create(text, new TomlParserOptions { Mode = TomlParserMode.Strict, DecodeScalars = true, EagerStringValues = true });

    public static ConfigNode Read(string text)
    {
        try
        {
            return new TomlReader(text).ReadDocument();
        }
        catch (TomlException e)
        {
            throw DocumentTree.Malformed($"The TOML is malformed: {Reason(e)}", "Correct the document at this place.", e.Line ?? 0, e.Column ?? 0, e);
        }
    }

    private ConfigNode ReadDocument()
    {
        while (_parser.MoveNext() && _parser.Current.Kind != TomlParseEventKind.StartTable)
        {
            // The start of the document comes first.
        }

        ReadTable(_tree.Root, 0);
        return _tree.Finish();
    }

    private void ReadTable(ConfigNode node, int depth)
    {
        CheckDepth(depth);
        while (_parser.MoveNext() && _parser.Current.Kind is not (TomlParseEventKind.EndTable or TomlParseEventKind.EndDocument))
        {
            var (line, column) = Position();
            var child = DocumentTree.Descend(node, _parser.GetPropertyName(), line, column);
            _parser.MoveNext();
            ReadValue(child, line, column, depth + 1);
        }
    }

    private void ReadList(ConfigNode node, int depth)
    {
        CheckDepth(depth);
        for (var i = 0; _parser.MoveNext() && _parser.Current.Kind != TomlParseEventKind.EndArray; i++)
        {
            var (line, column) = Position();
            ReadValue(node.Child(i.ToString(CultureInfo.InvariantCulture)), line, column, depth + 1);
        }
    }

    private void ReadValue(ConfigNode node, int line, int column, int depth)
    {
        var current = _parser.Current;
        switch (current.Kind)
        {
            case TomlParseEventKind.StartTable:
                ReadTable(node, depth);
                break;
            case TomlParseEventKind.StartArray:
                DocumentTree.BeginList(node, line, column);
                ReadList(node, depth);
                break;
            case TomlParseEventKind.Integer:
                _tree.SetValue(node, current.GetInt64().ToString(CultureInfo.InvariantCulture), ScalarKind.Number, line, column);
                break;
            case TomlParseEventKind.Float:
                var number = current.GetDouble().ToString("R", CultureInfo.InvariantCulture);
                _tree.SetValue(node, number, JsonNumber.IsMatch(number) ? ScalarKind.Number : ScalarKind.Text, line, column);
                break;
            case TomlParseEventKind.Boolean:
                _tree.SetValue(node, current.GetBoolean() ? "true" : "false", ScalarKind.Boolean, line, column);
                break;
            case TomlParseEventKind.DateTime:
                _tree.SetValue(node, current.GetTomlDateTime().ToString(), ScalarKind.Text, line, column);
                break;
            default:
                _tree.SetValue(node, _parser.GetString(), ScalarKind.Text, line, column);
                break;
        }
    }

    private void CheckDepth(int depth)
    {
        var (line, column) = Position();
        DocumentTree.CheckDepth(depth, line, column);
    }

    private (int Line, int Column) Position() => (_parser.Current.Line, _parser.Current.Column);

    private static string Reason(TomlException e) =>
        e.Diagnostics.FirstOrDefault()?.Message ?? e.Message;
}
