using Concord.Benchmarks.Http2;
using Concord.Protocol.Etcd;
using Google.Protobuf;

namespace Concord.Benchmarks.Load;

/// <summary>One client's next call with its check; throws when the answer is an error or wrong.</summary>
internal delegate ValueTask ClientStep();

/// <summary>A kind of load: how to prepare the store for it, and what each client does again and again.</summary>
internal abstract class Workload(string name, string description)
{
    public string Name { get; } = name;

    public string Description { get; } = description;

    public static IReadOnlyList<Workload> All { get; } =
    [
        new PutWorkload(),
        new RangeWorkload("range", "linearizable read of one key", serializable: false),
        new RangeWorkload("range-serializable", "serializable read of one key", serializable: true),
        new PrefixWorkload("range-50", "linearizable read of 50 keys by prefix", 50),
        new PrefixWorkload("range-100", "linearizable read of 100 keys by prefix", 100),
        new PrefixWorkload("range-10000", "linearizable read of 10,000 keys by prefix", 10_000),
        new CompareAndSwapWorkload(),
        new MixedWorkload(),
        new LeaseGrantWorkload(),
        new KeepAliveWorkload(),
        new RegisterWorkload(),
    ];

    public static Workload Find(string name) =>
        All.FirstOrDefault(workload => workload.Name == name)
        ?? throw new ArgumentException($"There is no workload '{name}'; there are: {string.Join(", ", All.Select(workload => workload.Name))}.");

    /// <summary>Puts what the clients will read.</summary>
    public virtual Task PrepareAsync(Http2Connection connection, int valueBytes) => Task.CompletedTask;

    public abstract ClientStep Client(Http2Connection connection, int client, int valueBytes);

    /// <summary>A value that differs per seed, and is the same for the same seed.</summary>
    protected static ByteString Value(int seed, int bytes)
    {
        var value = new byte[bytes];
        new Random(seed).NextBytes(value);
        return ByteString.CopyFrom(value);
    }

    protected static ByteString Key(string text) => ByteString.CopyFromUtf8(text);

    protected static async Task PutAsync(Http2Connection connection, ByteString key, ByteString value) =>
        await new UnaryCall<PutResponse>(connection, EtcdMethods.Put, PutResponse.Parser).CallAsync(new PutRequest { Key = key, Value = value });
}
