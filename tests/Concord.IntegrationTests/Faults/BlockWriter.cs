using Concord.Protocol.Etcd;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Concord.IntegrationTests.Faults;

/// <summary>Writes large values, at whatever member takes them, to use up room.</summary>
internal sealed class BlockWriter(string[] addresses)
{
    private static readonly ByteString Block = ByteString.CopyFrom(new byte[512 << 10]);

    private readonly KV.KVClient[] _members = [.. addresses.Select(address => new KV.KVClient(GrpcChannel.ForAddress(address)))];

    public int Count { get; private set; }

    public async Task PutAsync()
    {
        try
        {
            await _members[Count % _members.Length].PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8("block"), Value = Block }, deadline: DateTime.UtcNow.AddSeconds(10));
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.ResourceExhausted or StatusCode.Unavailable or StatusCode.DeadlineExceeded)
        {
            // The one that has no room says so.
        }

        Count++;
    }
}
