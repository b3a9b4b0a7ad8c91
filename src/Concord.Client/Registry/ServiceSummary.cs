namespace Concord.Client.Registry;

/// <summary>How a service does.</summary>
/// <param name="Healthy">Instances that are passing or warning.</param>
/// <param name="Held">Instances that are kept although they gave no sign of life.</param>
/// <param name="Panic">Too few are healthy: whoever asks for healthy ones gets the critical ones too.</param>
/// <param name="PanicPercent">Below this share of healthy instances.</param>
/// <param name="Tags">Of all instances.</param>
public sealed record ServiceSummary(string Name, int Total, int Healthy, int Held, bool Panic, int PanicPercent, IReadOnlyList<string> Tags);
