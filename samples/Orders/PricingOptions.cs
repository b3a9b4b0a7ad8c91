using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Orders;

/// <summary>How prices are made; the section "Pricing".</summary>
public sealed class PricingOptions
{
    public const string Section = "Pricing";

    /// <summary>The share of the price that is taken off, from 0 to 0.9. Giving goods away is a mistake, not a discount.</summary>
    [Range(0, 0.9)]
    public decimal Discount { get; set; }

    /// <summary>The currency's code of three letters.</summary>
    [RegularExpression("^[A-Z]{3}$", ErrorMessage = "Pricing:Currency must be a code of three capital letters, such as EUR.")]
    public string Currency { get; set; } = "EUR";
}

/// <summary>The checks of <see cref="PricingOptions"/>, generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class PricingOptionsValidator : IValidateOptions<PricingOptions>;
