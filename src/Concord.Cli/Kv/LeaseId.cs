using System.CommandLine;
using System.Globalization;

namespace Concord.Cli.Kv;

/// <summary>Leases are written in hex, as other tools of this API do.</summary>
internal static class LeaseId
{
    public static string Show(long lease) => lease.ToString("x16", CultureInfo.InvariantCulture);

    public static Option<long> Option() => new("--lease")
    {
        HelpName = "ID",
        Description = "The lease (hex) that the key shall live by",
        CustomParser = result =>
        {
            var text = result.Tokens.Single().Value;
            if (long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var lease) && lease > 0)
                return lease;
            result.AddError($"--lease is '{text}': give the hex digits of a lease");
            return 0;
        },
    };
}
