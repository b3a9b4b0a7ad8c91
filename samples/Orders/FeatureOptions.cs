namespace Orders;

/// <summary>What is switched on; the section "Features".</summary>
public sealed class FeatureOptions
{
    public const string Section = "Features";

    /// <summary>Ship every order without charge, and say so.</summary>
    public bool FreeShipping { get; set; }
}
