namespace Concord.IntegrationTests.Faults;

/// <summary>A file system of a fixed size in memory, mounted for one test.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private bool _isMounted;

    private SmallDisk()
    {
    }

    public string Path => _folder.Path;

    private string Filler => _folder["filler"];

    /// <summary>Mounts it, or says why that is not possible here.</summary>
    public static async Task<(SmallDisk? Made, string? Reason)> TryMakeAsync(int megabytes)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return (null, "mounting needs Linux and root");
        }

        var disk = new SmallDisk();
        var (exitCode, output) = await TestProcess.RunAsync("mount", ["-t", "tmpfs", "-o", $"size={megabytes}m", "concord-test", disk.Path]);
        if (exitCode == 0)
        {
            disk._isMounted = true;
            return (disk, null);
        }

        disk.Dispose();
        return (null, $"mounting is not permitted: {output.Trim()}");
    }

    /// <summary>Something else takes all the room that is left.</summary>
    public void Fill()
    {
        using var file = File.Create(Filler);
        var block = new byte[1 << 20];
        try
        {
            while (true)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // Full, which was the aim.
        }
    }

    public void MakeRoom() => File.Delete(Filler);

    public void Dispose()
    {
        if (_isMounted)
        {
            // Lazily: the process that had files there may be ending still.
            var (exitCode, output) = TestProcess.RunAsync("umount", ["--lazy", Path]).GetAwaiter().GetResult();
            Assert.True(exitCode == 0, output);
        }

        _folder.Dispose();
    }
}
