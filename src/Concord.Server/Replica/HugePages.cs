using System.Globalization;
using System.Runtime.InteropServices;

namespace Concord.Server.Replica;

/// <summary>
/// Asks Linux to back the managed heap by pages of 2 MiB where it can. The first touch of a page costs a fault; a restart
/// with a large key space touches hundreds of megabytes, which in 4 KiB pages is more than a hundred thousand faults: up to
/// a second on a virtual machine, against some hundredths in huge pages. The runtime has no setting for it short of pages
/// that the administrator sets aside (GCLargePages).
/// </summary>
internal static partial class HugePages
{
    /// <summary>MADV_HUGEPAGE of madvise(2).</summary>
    private const int AdviseHugePage = 14;

    /// <summary>
    /// A wish, never a need: where the kernel has no huge pages, or they are turned off, or are given without asking, nothing
    /// changes.
    /// </summary>
    public static unsafe void WantForHeap()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            var inside = GC.AllocateUninitializedArray<byte>(1, pinned: true);
            fixed (byte* address = inside)
            {
                var (start, end) = Around((ulong)address, File.ReadLines("/proc/self/maps"));

                // Its answer does not matter: EINVAL comes from kernels that are built without huge pages.
                _ = madvise((nint)start, (nint)(end - start), AdviseHugePage);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // No /proc is mounted.
        }
    }

    /// <summary>
    /// The heap's reserved addresses: the mappings without a file that lie side by side around an address in it. Empty if there
    /// are none.
    /// </summary>
    /// <param name="maps">Lines of proc_pid_maps(5): "start-end permissions offset device inode path".</param>
    internal static (ulong Start, ulong End) Around(ulong address, IEnumerable<string> maps)
    {
        (ulong Start, ulong End) run = default;
        foreach (var line in maps)
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var bounds = fields[0].Split('-');
            var start = ulong.Parse(bounds[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var end = ulong.Parse(bounds[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var anonymous = fields.Length == 5 && fields[1].EndsWith('p');
            if (anonymous && start == run.End)
            {
                run.End = end;
                continue;
            }

            if (Contains(run))
            {
                break;
            }

            run = anonymous ? (start, end) : default;
        }

        return Contains(run) ? run : default;

        bool Contains((ulong Start, ulong End) range) => range.Start <= address && address < range.End;
    }

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nint length, int advice);
}
