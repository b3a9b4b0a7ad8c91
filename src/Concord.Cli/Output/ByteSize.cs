using System.Globalization;

namespace Concord.Cli.Output;

/// <summary>Sizes for people, in powers of 1024.</summary>
internal static class ByteSize
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static string Of(long bytes)
    {
        double size = bytes;
        var unit = 0;
        for (; size >= 1024 && unit < Units.Length - 1; unit++)
            size /= 1024;
        var format = unit == 0 || size >= 100 ? "0" : "0.#";
        return size.ToString(format, CultureInfo.InvariantCulture) + " " + Units[unit];
    }
}
