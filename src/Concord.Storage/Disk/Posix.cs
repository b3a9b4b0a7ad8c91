using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Storage;

/// <summary>
/// The four system calls that .NET has no API for. They matter on Linux only: fdatasync leaves out metadata that readers
/// do not need, posix_fallocate reserves room so that later writes neither fail nor change the length, and a directory
/// must be opened to be flushed.
/// </summary>
internal static partial class Posix
{
    private const int Interrupted = 4;
    private const int ReadOnlyDirectoryCloseOnExec = 0x80000;

    public static bool IsAvailable { get; } = OperatingSystem.IsLinux();

    /// <summary>Returns 0 or the error number.</summary>
    public static int FlushData(SafeFileHandle file)
    {
        while (fdatasync(file) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
                return error;
        }

        return 0;
    }

    /// <summary>Returns 0 or the error number.</summary>
    public static int Allocate(SafeFileHandle file, long length)
    {
        int error;
        do
            error = posix_fallocate(file, 0, (nint)length);
        while (error == Interrupted);
        return error;
    }

    /// <summary>Returns 0 or the error number.</summary>
    public static int FlushDirectory(string fullPath)
    {
        int descriptor = open(fullPath, ReadOnlyDirectoryCloseOnExec);
        if (descriptor < 0)
            return Marshal.GetLastPInvokeError();
        using var directory = new SafeFileHandle(descriptor, ownsHandle: true);
        while (fsync(directory) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
                return error;
        }

        return 0;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc")]
    private static partial int posix_fallocate(SafeFileHandle file, nint offset, nint length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
