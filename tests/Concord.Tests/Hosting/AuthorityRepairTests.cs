using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using Concord.Server.Hosting.Http2;
using CsCheck;

namespace Concord.Tests.Hosting;

public sealed class AuthorityRepairTests
{
    // ":method POST", ":scheme http" and a path, then the authority is a literal with the name at index 1.
    private static readonly byte[] Before = [0x83, 0x86, 0x44, 0x02, (byte)'/', (byte)'x'];
    private static readonly byte[] After = [0x40, 0x02, (byte)'t', (byte)'e', 0x01, (byte)'y'];

    /// <summary>"http://127.0.0.1:23999" in Huffman code, as etcdctl sends it.</summary>
    private static readonly byte[] UrlInHuffman = Convert.FromHexString("9d29aee30c044eae05c0b86e0997df7f");

    [Fact]
    public void Huffman_text_is_decoded()
    {
        // RFC 7541, C.4.1 and C.6.1.
        Assert.Equal("www.example.com", HpackHuffman.Decode(Convert.FromHexString("f1e3c2e5f23a6ba0ab90f4ff")));
        Assert.Equal("Mon, 21 Oct 2013 20:13:21 GMT", HpackHuffman.Decode(Convert.FromHexString("d07abe941054d444a8200595040b8166e082a62d1bff")));
    }

    [Theory]
    [InlineData("127.0.0.1:2379", true)]
    [InlineData("localhost", true)]
    [InlineData("[::1]:2379", true)]
    [InlineData("", true)]
    [InlineData("http://127.0.0.1:2379", false)]
    [InlineData("#initially=[127.0.0.1:2379]", false)]
    [InlineData(":2379", false)]
    public void Host_names_are_told_from_other_authorities(string authority, bool isHost) => Assert.Equal(isHost, AuthorityField.IsHost(authority));

    [Fact]
    public void A_wrong_authority_becomes_a_host_of_the_same_lengths_and_nothing_else_changes()
    {
        Gen.Int[0x20, 0x7e].Select(code => (char)code).Array[1, 60].Sample(characters =>
        {
            var text = new string(characters);
            var block = Block(Encoding.ASCII.GetBytes(text), isHuffman: false);
            var repaired = (byte[])block.Clone();
            Assert.Equal(!AuthorityField.IsHost(text), AuthorityField.Repair(repaired));
            Assert.Equal(block[..(Before.Length + 2)], repaired[..(Before.Length + 2)]);
            Assert.Equal(After, repaired[^After.Length..]);
            Assert.True(AuthorityField.IsHost(Encoding.ASCII.GetString(repaired[(Before.Length + 2)..^After.Length])));
        });
    }

    [Fact]
    public void A_huffman_coded_authority_keeps_its_decoded_length()
    {
        var text = HpackHuffman.Decode(UrlInHuffman);
        Assert.StartsWith("http://127.0.0.1:", text, StringComparison.Ordinal);
        var block = Block(UrlInHuffman, isHuffman: true);
        Assert.True(AuthorityField.Repair(block));
        var repaired = HpackHuffman.Decode(block.AsSpan((Before.Length + 2)..^After.Length));
        Assert.True(AuthorityField.IsHost(repaired));
        Assert.Equal(text.Length, repaired.Length);
    }

    [Fact]
    public void Blocks_that_are_cut_or_random_never_fail()
    {
        Gen.Byte.Array[0, 100].Sample(bytes =>
        {
            var length = bytes.Length;
            AuthorityField.Repair(bytes);
            Assert.Equal(length, bytes.Length);
        });
    }

    [Fact]
    public void However_the_bytes_arrive_every_request_of_a_connection_is_repaired()
    {
        var wrong = Block(Encoding.ASCII.GetBytes("http://a:1"), isHuffman: false);
        var right = (byte[])wrong.Clone();
        Assert.True(AuthorityField.Repair(right));
        byte[] Stream(byte[] block) =>
            [.. Preface(), .. Frame(4, 0, []), .. Frame(1, 4, block), .. Frame(0, 1, new byte[40]), .. Frame(1, 4 | 8, [2, .. block, 0, 0])];

        var (input, expected) = (Stream(wrong), Stream(right));
        Gen.Int[1, 60].Array[1, 30].Sample(cuts => Assert.Equal(expected, Pass(input, cuts)), iter: 300);
    }

    [Fact]
    public void After_a_first_request_with_a_host_nothing_is_looked_at()
    {
        var good = Block(Encoding.ASCII.GetBytes("localhost:1"), isHuffman: false);
        var bad = Block(Encoding.ASCII.GetBytes("http://a:1"), isHuffman: false);
        byte[] input = [.. Preface(), .. Frame(1, 4, good), .. Frame(1, 4, bad)];
        Gen.Int[1, 60].Array[1, 30].Sample(cuts => Assert.Equal(input, Pass(input, cuts)), iter: 100);
    }

    private static byte[] Block(byte[] authority, bool isHuffman) =>
        [.. Before, 0x41, (byte)(authority.Length | (isHuffman ? 0x80 : 0)), .. authority, .. After];

    private static byte[] Preface() => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    private static byte[] Frame(byte type, byte flags, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4], frame[8]) = (type, flags, 1);
        payload.CopyTo(frame, 9);
        return frame;
    }

    /// <summary>Sends the bytes in pieces of the given sizes and reads as much as is shown after each, part of it at a time.</summary>
    private static byte[] Pass(byte[] input, int[] cuts)
    {
        var pipe = new Pipe();
        var reader = new AuthorityRepair(pipe.Reader);
        var output = new List<byte>();
        var sent = 0;
        for (var i = 0; sent < input.Length; i++)
        {
            var piece = Math.Min(cuts[i % cuts.Length], input.Length - sent);
            pipe.Writer.Write(input.AsSpan(sent, piece));
            _ = pipe.Writer.FlushAsync().AsTask();
            sent += piece;
            if (reader.TryRead(out var result))
            {
                var taken = result.Buffer.Slice(0, i % 2 == 0 ? result.Buffer.Length : result.Buffer.Length / 2);
                output.AddRange(taken.ToArray());
                reader.AdvanceTo(taken.End, result.Buffer.End);
            }
        }

        pipe.Writer.Complete();
        while (reader.TryRead(out var rest))
        {
            output.AddRange(rest.Buffer.ToArray());
            reader.AdvanceTo(rest.Buffer.End);
            if (rest.IsCompleted)
            {
                break;
            }
        }

        return [.. output];
    }
}
