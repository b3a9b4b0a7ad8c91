using static System.Buffers.Binary.BinaryPrimitives;

namespace Concord.Tests.EtcdBackend;

/// <summary>
/// A second, plain reading of the layout: every page of the file is a meta, the freelist or part of exactly one tree; a branch has two
/// children at least, and says of each the first key that is below it.
/// </summary>
internal static class BoltCheck
{
    public static void Run(byte[] file, int pageBytes)
    {
        var pages = file.Length / pageBytes;
        var used = new int[pages];
        used[0] = used[1] = 1;
        var meta = file.AsSpan(pageBytes + 16);
        Assert.Equal((ulong)pages, ReadUInt64LittleEndian(meta[40..]));
        Assert.Equal(1UL, ReadUInt64LittleEndian(meta[48..]));
        used[ReadUInt64LittleEndian(meta[32..])]++;
        Walk(file, pageBytes, ReadUInt64LittleEndian(meta[16..]), used, isRootBucket: true);
        Assert.All(used, count => Assert.Equal(1, count));
    }

    private static byte[] Walk(byte[] file, int pageBytes, ulong id, int[] used, bool isRootBucket)
    {
        var page = file.AsSpan((int)id * pageBytes);
        var (self, kind, count, overflow) = (ReadUInt64LittleEndian(page), ReadUInt16LittleEndian(page[8..]), ReadUInt16LittleEndian(page[10..]), ReadUInt32LittleEndian(page[12..]));
        Assert.Equal(id, self);
        for (var i = 0UL; i <= overflow; i++)
        {
            used[id + i]++;
        }

        var first = Array.Empty<byte>();
        for (var i = 0; i < count; i++)
        {
            var element = page[(16 + (16 * i))..];
            if (kind == 1)
            {
                Assert.True(count >= 2);
                var key = element.Slice((int)ReadUInt32LittleEndian(element), (int)ReadUInt32LittleEndian(element[4..])).ToArray();
                Assert.Equal(key, Walk(file, pageBytes, ReadUInt64LittleEndian(element[8..]), used, isRootBucket));
                first = i == 0 ? key : first;
                continue;
            }

            Assert.Equal(2, kind);
            var (start, keyLength) = ((int)ReadUInt32LittleEndian(element[4..]), (int)ReadUInt32LittleEndian(element[8..]));
            first = i == 0 ? element.Slice(start, keyLength).ToArray() : first;
            Assert.Equal(isRootBucket ? 1U : 0U, ReadUInt32LittleEndian(element));
            if (isRootBucket && ReadUInt64LittleEndian(element[(start + keyLength)..]) is > 0 and var root)
            {
                Walk(file, pageBytes, root, used, isRootBucket: false);
            }
        }

        return first;
    }
}
