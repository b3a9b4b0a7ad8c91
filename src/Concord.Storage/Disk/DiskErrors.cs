using System.Runtime.InteropServices;

namespace Concord.Storage;

/// <summary>Turns what the operating system reports into <see cref="DiskException"/>.</summary>
internal static class DiskErrors
{
    private const int NoSpace = 28;
    private const int QuotaExceededLinux = 122;
    private const int QuotaExceededMac = 69;
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    public static DiskException From(string operation, string path, Exception error) =>
        Of(IsFull(error.HResult), $"Could not {operation} '{path}': {error.Message}", error);

    public static DiskException From(string operation, string path, int errorNumber) =>
        Of(IsFull(errorNumber), $"Could not {operation} '{path}': {Marshal.GetPInvokeErrorMessage(errorNumber)}.", null);

    /// <summary>A failed flush is final whatever the reason, see <see cref="IDiskFile.Flush"/>.</summary>
    public static DiskException FailedFlush(string operation, string path, int errorNumber) =>
        new($"Could not {operation} '{path}': {Marshal.GetPInvokeErrorMessage(errorNumber)}.");

    /// <summary>What file APIs throw for reasons outside this program.</summary>
    public static bool IsEnvironmental(Exception error) => error is IOException or UnauthorizedAccessException;

    private static DiskException Of(bool full, string message, Exception? inner) =>
        full ? new DiskFullException(message, inner) : new DiskException(message, inner);

    // On Unix the HResult of an IOException is the error number.
    private static bool IsFull(int code) => OperatingSystem.IsWindows()
        ? code is WindowsDiskFull or WindowsHandleDiskFull
        : code == NoSpace || code == (OperatingSystem.IsMacOS() ? QuotaExceededMac : QuotaExceededLinux);
}
