using Concord.Server.Replica;

namespace Concord.Tests.Replica;

public sealed class HugePagesTests
{
    private static readonly string[] Maps =
    [
        "55d0c0000000-55d0c0010000 r--p 00000000 fe:00 1311029                    /usr/bin/concord-server",
        "55d0c0010000-55d0c0020000 rw-p 00000000 00:00 0                          [heap]",
        "7f0000000000-7f0000200000 rw-p 00000000 00:00 0",
        "7f1000000000-7f1000400000 rw-p 00000000 00:00 0 ",
        "7f1000400000-7f1000500000 ---p 00000000 00:00 0 ",
        "7f1000500000-7f1000600000 rw-p 00000000 00:00 0 ",
        "7f1000600000-7f1000700000 rw-s 00000000 00:01 2050                       /memfd:doublemapper (deleted)",
        "7f1000700000-7f1000800000 rw-p 00000000 00:00 0 ",
    ];

    [Theory]
    [InlineData(0x7f1000000000ul, 0x7f1000000000ul, 0x7f1000600000ul)]
    [InlineData(0x7f10005fffffUL, 0x7f1000000000ul, 0x7f1000600000ul)]
    [InlineData(0x7f0000000010UL, 0x7f0000000000ul, 0x7f0000200000ul)]
    [InlineData(0x7f1000700001UL, 0x7f1000700000ul, 0x7f1000800000ul)]
    public void The_heap_is_what_lies_side_by_side_without_a_file(ulong address, ulong start, ulong end) =>
        Assert.Equal((start, end), HugePages.Around(address, Maps));

    [Theory]
    [InlineData(0x55d0c0000001ul)]
    [InlineData(0x7f1000600001ul)]
    [InlineData(0x7f0f00000000ul)]
    [InlineData(0ul)]
    public void What_is_a_file_or_nothing_is_no_heap(ulong address) => Assert.Equal((0ul, 0ul), HugePages.Around(address, Maps));

    [Fact]
    public void Asking_changes_nothing_that_is_there()
    {
        byte[] before = [.. Enumerable.Range(0, 100_000).Select(i => (byte)i)];

        HugePages.WantForHeap();

        Assert.Equal(Enumerable.Range(0, 100_000).Select(i => (byte)i), before);
    }
}
