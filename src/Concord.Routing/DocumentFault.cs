namespace Concord.Routing;

/// <summary>What is wrong with a document that steers traffic.</summary>
/// <param name="Field">The key at fault in ':' form, such as <c>split:0:percent</c>; empty for the document.</param>
/// <param name="Message">A sentence that names the field.</param>
/// <param name="Remedy">What to write instead; never empty.</param>
/// <param name="Line">From 1; 0 if it is not known.</param>
public sealed record DocumentFault(string Field, string Message, string Remedy, int Line = 0, int Column = 0)
{
    public override string ToString() => $"{Message} {Remedy}";
}
