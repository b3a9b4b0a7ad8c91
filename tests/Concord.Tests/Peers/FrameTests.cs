using Concord.Server.Peers;

namespace Concord.Tests.Peers;

public sealed class FrameTests
{
    [Fact]
    public void Frames_of_all_sizes_come_back_however_the_bytes_arrive()
    {
        int[] sizes = [0, 1, 7, 100, 65_535, 65_536, 70_000, 1_500_000, 3];
        var frames = new FrameBuffer();
        foreach (var size in sizes)
        {
            Add(frames, Payload(size));
        }

        var reader = new FrameReader(new TrickleStream(frames.Written.ToArray()));
        foreach (var size in sizes)
        {
            Assert.True(reader.TryRead(out var payload));
            Assert.True(payload.Span.SequenceEqual(Payload(size)), $"the frame of {size} bytes differs");
        }

        Assert.False(reader.TryRead(out _));
    }

    [Fact]
    public void A_buffer_that_was_cleared_is_used_again()
    {
        var frames = new FrameBuffer();
        Add(frames, Payload(2 << 20));
        frames.Clear();
        Add(frames, Payload(5));

        var reader = new FrameReader(new MemoryStream(frames.Written.ToArray()));
        Assert.True(reader.TryRead(out var payload));
        Assert.Equal(Payload(5), payload.ToArray());
        Assert.False(reader.HasFrame);
    }

    [Fact]
    public void Every_flipped_bit_is_found()
    {
        var frames = new FrameBuffer();
        Add(frames, Payload(40));
        for (var bit = 0; bit < frames.Length * 8; bit++)
        {
            var bytes = frames.Written.ToArray();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            var reader = new FrameReader(new MemoryStream(bytes));
            Assert.ThrowsAny<IOException>(() => reader.TryRead(out _));
        }
    }

    [Fact]
    public void An_end_in_the_middle_of_a_frame_is_no_end()
    {
        var frames = new FrameBuffer();
        Add(frames, Payload(40));
        for (var length = 1; length < frames.Length; length++)
        {
            var reader = new FrameReader(new MemoryStream(frames.Written[..length].ToArray()));
            Assert.Throws<PeerProtocolException>(() => reader.TryRead(out _));
        }
    }

    [Fact]
    public void Whoever_speaks_another_protocol_is_told_apart_by_the_length()
    {
        var reader = new FrameReader(new MemoryStream("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray()));

        var error = Assert.Throws<PeerProtocolException>(() => reader.TryRead(out _));

        Assert.Contains("does something else talk to the peer port?", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Payload(int size) => [.. Enumerable.Range(0, size).Select(i => (byte)(i * 31 + size))];

    private static void Add(FrameBuffer frames, byte[] payload)
    {
        frames.Begin();
        payload.CopyTo(frames.GetSpan(payload.Length));
        frames.Advance(payload.Length);
        frames.End();
    }

    /// <summary>Hands out a few bytes at a time, as a network may.</summary>
    private sealed class TrickleStream(byte[] bytes) : MemoryStream(bytes)
    {
        private int _reads;

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1 + (++_reads * 7919 % 40_000)));
    }
}
