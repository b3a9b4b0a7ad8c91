using Concord.Mvcc;
using Concord.Tests.Storage;

namespace Concord.Tests.EtcdBackend;

/// <summary>
/// Files from anywhere: whatever was changed in them, reading ends, with a key space or with a <see cref="FormatException"/>,
/// and takes memory in proportion to the file.
/// </summary>
public sealed class BackendFuzzTests
{
    /// <summary>A pair of the file takes some 45 bytes at least, and some objects of about 500 bytes in all while it is read.</summary>
    private const long AllocatedPerByte = 40;

    private const int Slack = 4 << 20;

    [Fact]
    public void Changed_bytes_are_refused_or_read() => Seeds.Run(1500, seed =>
    {
        var random = new Random(seed);
        var file = (byte[])(seed % 2 == 0 ? Databases.OfEtcd() : Sample()).Clone();
        for (var changes = random.Next(1, 8); changes > 0; changes--)
        {
            Change(file, random);
        }

        Read(random.Next(4) == 0 ? file[..random.Next(file.Length)] : file);
    });

    [Fact]
    public void Every_cut_is_refused()
    {
        var file = Sample();
        for (var length = 0; length < file.Length - 32; length += 101)
        {
            var cut = file[..length];
            Assert.ThrowsAny<FormatException>(() => Databases.Read(cut));
        }
    }

    [Fact]
    public void Every_changed_byte_is_noticed_by_the_hash()
    {
        var file = Sample();
        foreach (var offset in Seeds.Offsets(file.Length).Where(offset => offset % 13 == 0))
        {
            file[offset] ^= 4;
            Assert.False(Databases.FileOf(file).HashIsRight(_ => { }, CancellationToken.None));
            file[offset] ^= 4;
        }
    }

    [Fact]
    public void A_tree_that_bites_its_tail_is_refused()
    {
        var file = Sample();
        var seen = 0;
        for (var page = 2; page * 4096 < file.Length - 32; page++)
        {
            if (file[(page * 4096) + 8] == 1)
            {
                // The second child of a branch becomes the branch itself.
                var second = (page * 4096) + 16 + 16 + 8;
                BitConverter.TryWriteBytes(file.AsSpan(second), (ulong)page);
                seen++;
            }
        }

        Assert.True(seen > 0);
        Assert.Contains("twice", Assert.ThrowsAny<FormatException>(() => Databases.Read(file)).Message, StringComparison.Ordinal);
    }

    private static void Change(byte[] file, Random random)
    {
        // The headers and elements at the beginning of pages are where the structure is.
        var page = random.Next(file.Length / 4096) * 4096;
        var at = random.Next(3) switch
        {
            0 => random.Next(file.Length),
            1 => page + random.Next(16),
            _ => page + 16 + random.Next(200),
        };
        var value = random.Next(5) switch
        {
            0 => 0,
            1 => 0xff,
            2 => random.Next(file.Length / 4096),
            _ => random.Next(256),
        };
        file[at] = (byte)value;
    }

    private static void Read(byte[] file)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var reader = Databases.Open(file);
            _ = reader.Members();
            _ = reader.Auth();
            var view = reader.ReadHistory(_ => { }, CancellationToken.None).Complete(0, markCompacted: false).View;
            Assert.True(view.Revision >= 1);
        }
        catch (FormatException)
        {
            // The other good end.
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < (file.Length * AllocatedPerByte) + Slack, $"{allocated} bytes were allocated for a file of {file.Length}");
    }

    private static byte[] Sample()
    {
        var space = new KeySpace();
        space.Apply(new LeaseGrantCommand(new(7), 60));
        for (var i = 0; i < 400; i++)
        {
            var key = System.Text.Encoding.UTF8.GetBytes($"key {i % 150}");
            space.Apply(new WriteCommand(i % 9 == 5 ? new DeleteOperation(KeyRange.Single(key)) : new PutOperation(key, new byte[i % 200 == 0 ? 9000 : 40]) { Lease = new(i % 30 == 0 ? 7 : 0) }));
        }

        space.Apply(new CompactCommand(100));
        return Databases.Write(space.Publish());
    }
}
