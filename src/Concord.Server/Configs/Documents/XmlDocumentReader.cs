using System.Globalization;
using System.Xml;

namespace Concord.Server.Configs.Documents;

/// <summary>
/// XML with the keys that .NET's XML configuration provider gives: the top element has no name in them, attributes are
/// keys, a <c>Name</c> attribute is one more part, and siblings of one name are numbered. No DTD, no namespaces.
/// </summary>
internal sealed class XmlDocumentReader
{
    private readonly DocumentTree _tree = new();

    public static ConfigNode Read(string text)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            IgnoreWhitespace = true,
        };
        using var xml = XmlReader.Create(new StringReader(text), settings);
        try
        {
            xml.MoveToContent();
            var reader = new XmlDocumentReader();
            reader.Place(ReadElement(xml, 0), reader._tree.Root);
            while (xml.Read())
            {
                // Reads to the end, so that text after the top element is found.
            }

            return reader._tree.Finish();
        }
        catch (XmlException e)
        {
            // A refused document type declaration comes without its place.
            var (line, column) = e.LineNumber > 0 ? (e.LineNumber, e.LinePosition) : DocumentType(text);
            throw DocumentTree.Malformed($"The XML is malformed: {Reason(e)}", "Correct the document at this place; document type declarations are not allowed.", line, column, e);
        }
    }

    private static Element ReadElement(XmlReader xml, int depth)
    {
        var (line, column) = Position(xml);
        DocumentTree.CheckDepth(depth, line, column);
        RefuseNamespace(xml);
        var element = new Element(xml.LocalName, line, column);
        var empty = xml.IsEmptyElement;
        while (xml.MoveToNextAttribute())
        {
            RefuseNamespace(xml);
            var (attributeLine, attributeColumn) = Position(xml);
            element.Attributes.Add((xml.LocalName, xml.Value, attributeLine, attributeColumn));
        }

        if (empty)
        {
            return element;
        }

        while (xml.Read() && xml.NodeType != XmlNodeType.EndElement)
        {
            switch (xml.NodeType)
            {
                case XmlNodeType.Element:
                    element.Children.Add(ReadElement(xml, depth + 1));
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    element.Text = (element.Text ?? "") + xml.Value;
                    break;
            }
        }

        return element;
    }

    /// <summary>Puts what an element holds below <paramref name="node"/>, which stands for the element itself.</summary>
    private void Place(Element element, ConfigNode node)
    {
        foreach (var (name, value, line, column) in element.Attributes)
        {
            _tree.SetValue(DocumentTree.Descend(node, name, line, column), value, ScalarKind.Text, line, column);
        }

        if (element.Text is { } text)
        {
            if (node == _tree.Root)
            {
                throw DocumentTree.Malformed("The top element holds a text of its own.", "Put settings into elements or attributes inside the top element.", element.Line, element.Column);
            }

            _tree.SetValue(node, text, ScalarKind.Text, element.Line, element.Column);
        }

        foreach (var siblings in element.Children.GroupBy(static child => child.Key, KeyText.Identity))
        {
            PlaceSiblings(siblings.ToList(), node);
        }
    }

    private void PlaceSiblings(List<Element> siblings, ConfigNode parent)
    {
        var first = siblings[0];
        var node = DocumentTree.Descend(parent, first.Key, first.Line, first.Column);
        if (siblings.Count == 1)
        {
            Place(first, node);
            return;
        }

        DocumentTree.BeginList(node, first.Line, first.Column);
        for (var i = 0; i < siblings.Count; i++)
        {
            Place(siblings[i], node.Child(i.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private static void RefuseNamespace(XmlReader xml)
    {
        if (xml.NamespaceURI.Length > 0)
        {
            var (line, column) = Position(xml);
            throw DocumentTree.Malformed($"'{xml.Name}' is in an XML namespace.", "Remove the namespace: keys have none.", line, column);
        }
    }

    /// <summary>The reader's sentence without the position that it appends; it speaks of its own settings when it refuses a document type.</summary>
    private static string Reason(XmlException e)
    {
        if (e.LineNumber == 0)
        {
            return "A document type declaration is not allowed.";
        }

        var end = e.Message.LastIndexOf(" Line ", StringComparison.Ordinal);
        return end < 0 ? e.Message : e.Message[..end];
    }

    private static (int Line, int Column) DocumentType(string text)
    {
        var before = text.AsSpan(0, Math.Max(0, text.IndexOf("<!DOCTYPE", StringComparison.Ordinal)));
        return (before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'));
    }

    private static (int Line, int Column) Position(XmlReader xml)
    {
        var info = (IXmlLineInfo)xml;
        return (info.LineNumber, info.LinePosition);
    }

    private sealed class Element(string name, int line, int column)
    {
        public List<(string Name, string Value, int Line, int Column)> Attributes { get; } = [];

        public List<Element> Children { get; } = [];

        public string? Text { get; set; }

        public int Line => line;

        public int Column => column;

        /// <summary>The element's part of a key, with the one that its Name attribute adds.</summary>
        public string Key
        {
            get
            {
                var given = Attributes.Find(static attribute => attribute.Name.Equals("Name", StringComparison.OrdinalIgnoreCase)).Value;
                return given is null ? name : KeyText.Join(name, given);
            }
        }
    }
}
