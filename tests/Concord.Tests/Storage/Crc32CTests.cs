using Concord.Storage;

namespace Concord.Tests.Storage;

public sealed class Crc32CTests
{
    [Fact]
    public void The_check_value_is_the_published_one() => Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));

    [Fact]
    public void Zeros_have_the_value_of_RFC_3720() => Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));

    [Fact]
    public void The_processor_and_the_table_agree_and_values_continue()
    {
        byte[] bytes = Sample.Bytes(1000, 7);
        for (int length = 0; length <= bytes.Length; length += 13)
        {
            uint expected = Crc32C.AppendSoftware(0, bytes.AsSpan(0, length));
            Assert.Equal(expected, Crc32C.Compute(bytes.AsSpan(0, length)));
            Assert.Equal(expected, Crc32C.Append(Crc32C.Compute(bytes.AsSpan(0, length / 3)), bytes.AsSpan(length / 3, length - (length / 3))));
        }
    }
}
