using System.Text;
using Concord.EtcdBackend.Bolt;
using CsCheck;

namespace Concord.Tests.EtcdBackend;

/// <summary>What is written reads back, and is laid out as bbolt's own check wants it.</summary>
public sealed class BoltFileTests
{
    private static readonly long Effort = Environment.GetEnvironmentVariable("CONCORD_LONG") == "1" ? 50 : 1;

    private static readonly Gen<SortedDictionary<string, Dictionary<string, byte[]>>> Buckets = Gen.Select(
        Gen.String[Gen.Char['a', 'f'], 1, 3],
        Gen.Select(
            Gen.OneOf(Gen.String[Gen.Char['a', 'z'], 1, 4], Gen.String[Gen.Char['a', 'z'], 1, 700]),
            Gen.Frequency((20, Gen.Byte.Array[0, 40]), (2, Gen.Byte.Array[400, 3000])),
            (key, value) => (key, value)).Array[0, 300],
        (name, pairs) => (name, pairs)).Array[0, 6].Select(buckets =>
        {
            var sorted = new SortedDictionary<string, Dictionary<string, byte[]>>(StringComparer.Ordinal);
            foreach (var (name, pairs) in buckets)
            {
                sorted[name] = pairs.DistinctBy(pair => pair.key).ToDictionary(pair => pair.key, pair => pair.value);
            }

            return sorted;
        });

    [Fact]
    public void Anything_written_reads_back() => Gen.Select(Buckets, Gen.OneOf(512, 1024, 4096), (buckets, pageBytes) => (buckets, pageBytes)).Sample(
        sample => RoundTrip(sample.buckets, sample.pageBytes), iter: 150 * Effort);

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    [InlineData(65536)]
    public void A_tree_of_several_levels_reads_back(int pageBytes)
    {
        var pairs = Enumerable.Range(0, 20_000).ToDictionary(number => $"key {number:d8}", number => BitConverter.GetBytes(number));
        RoundTrip(new() { ["many"] = pairs }, pageBytes);
    }

    /// <summary>At every number of pages around those where a level begins, so that no branch is left with one child.</summary>
    [Fact]
    public void Every_number_of_leaves_has_a_tree()
    {
        for (var count = 1; count < 900; count++)
        {
            var pairs = Enumerable.Range(0, count).ToDictionary(number => $"{number:d8}", _ => new byte[200]);
            RoundTrip(new() { ["b"] = pairs }, 512);
        }
    }

    [Fact]
    public void Long_keys_and_values_run_over_pages_and_empty_buckets_stay()
    {
        var keys = Enumerable.Range(0, 50).ToDictionary(number => $"{number:d3}{new string('x', 5000)}", number => new byte[number * 1000]);
        RoundTrip(new() { ["empty"] = [], ["large"] = keys, ["zero"] = new() { ["a"] = [] } }, 4096);
        RoundTrip([], 4096);
    }

    [Fact]
    public void The_meta_before_takes_the_place_of_a_damaged_one()
    {
        var bytes = Write(new() { ["b"] = new() { ["k"] = [1] } }, 4096);
        bytes[4096 + 40] ^= 1;
        Assert.Equal(["b"], Open(bytes).Buckets());
        bytes[4096 + 40] ^= 1;
        bytes[40] ^= 1;
        Assert.Equal(["b"], Open(bytes).Buckets());
        bytes[4096 + 40] ^= 1;
        Assert.Contains("Neither", Assert.Throws<BoltFormatException>(() => Open(bytes)).Message, StringComparison.Ordinal);
    }

    private static void RoundTrip(SortedDictionary<string, Dictionary<string, byte[]>> buckets, int pageBytes)
    {
        var bytes = Write(buckets, pageBytes);
        var reader = Open(bytes);
        Assert.Equal(buckets.Keys, reader.Buckets());
        foreach (var (name, pairs) in buckets)
        {
            var cursor = reader.Open(name)!;
            foreach (var (key, value) in pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                Assert.True(cursor.MoveNext());
                Assert.Equal(key, Encoding.UTF8.GetString(cursor.Key));
                Assert.True(cursor.Value.SequenceEqual(value));
                Assert.False(cursor.IsBucket);
            }

            Assert.False(cursor.MoveNext());
            Assert.False(cursor.MoveNext());
        }

        BoltCheck.Run(bytes, pageBytes);
    }

    private static byte[] Write(SortedDictionary<string, Dictionary<string, byte[]>> buckets, int pageBytes)
    {
        var writer = new BoltWriter(
            buckets.Select(bucket => new BoltBucket(
                bucket.Key, () => new SortedPairs(bucket.Value.Select(pair => KeyValuePair.Create(Encoding.UTF8.GetBytes(pair.Key), pair.Value))))),
            CancellationToken.None,
            pageBytes);
        var bytes = writer.Pieces(1000).SelectMany(piece => piece.ToArray()).ToArray();
        Assert.Equal(writer.FileBytes, bytes.Length);
        return bytes;
    }

    private static BoltReader Open(byte[] bytes) => BoltReader.Open(new MemoryStream(bytes), bytes.Length);
}
