using System.Net;
using System.Net.Sockets;
using Concord.Protocol.Etcd;
using Concord.Tests.Etcd;
using Concord.Tests.Peers;
using Concord.Tests.Storage;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;

namespace Concord.Tests.Hosting;

/// <summary>
/// Bytes that no client sends: the server answers or closes, goes on serving others, and takes no more memory than there are
/// bytes. CONCORD_LONG=1 tries fifty times as many.
/// </summary>
public sealed class HostileClientTests(EtcdServer server) : IClassFixture<EtcdServer>
{
    private const int Connections = 150;
    private const int Messages = 400;
    private const long MemoryMax = 200L << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly IReadOnlyList<MethodDescriptor> Methods =
    [
        .. EtcdserverpbReflection.Descriptor.Services.SelectMany(service => service.Methods)

            // Whoever sends garbage must not turn access control on by luck, nor move the members of the other tests. A watch
            // goes on after the client's last request, as with etcd.
            .Where(method => method.Service.Name is "KV" or "Lease" || method.Name is "Alarm" or "Status" or "HashKV" or "MemberList" or "AuthStatus" or "UserGet" or "RoleGet"),
    ];

    [Fact]
    public async Task Changed_bytes_of_a_connection_end_that_connection_at_most()
    {
        var recorded = await RecordAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        Seeds.Run(Connections, seed =>
        {
            var random = new Random(seed);
            var bytes = (byte[])recorded.Clone();
            for (var changes = random.Next(1, 6); changes > 0; changes--)
            {
                Change(bytes, random);
            }

            Send(new Uri(server.Url).Port, random.Next(3) == 0 ? bytes[..random.Next(bytes.Length)] : bytes);
        });

        await StillServesAsync();
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, MemoryMax);
    }

    [Fact]
    public async Task Bytes_without_sense_are_closed_on()
    {
        Seeds.Run(Connections, seed =>
        {
            var random = new Random(seed);
            var bytes = new byte[random.Next(1, 400)];
            random.NextBytes(bytes);
            Send(new Uri(server.Url).Port, random.Next(2) == 0 ? bytes : [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. bytes]);
        });

        await StillServesAsync();
    }

    [Fact]
    public async Task Messages_that_are_none_get_an_error_and_nothing_else()
    {
        var answers = new Dictionary<StatusCode, int>();
        for (var seed = 1; seed <= Messages; seed++)
        {
            var random = new Random(seed);
            var method = Methods[random.Next(Methods.Count)];
            var status = await CallAsync(method, Garbage(method, random));
            answers[status] = answers.GetValueOrDefault(status) + 1;

            // Of all the codes these are the server's own faults.
            Assert.True(status is not (StatusCode.Unknown or StatusCode.DataLoss or StatusCode.DeadlineExceeded), $"seed {seed}, {method.FullName}: {status}");
        }

        Assert.True(answers.Count > 3, "only " + string.Join(", ", answers.Keys));
        await StillServesAsync();
    }

    [Fact]
    public void Members_are_not_disturbed_by_strangers_on_their_port()
    {
        using var a = new PeerEnd(1);
        using var b = new PeerEnd(2);
        a.Follow(b);
        b.Follow(a);
        Seeds.Run(Connections, seed =>
        {
            var random = new Random(seed);
            var bytes = new byte[random.Next(1, 300)];
            random.NextBytes(bytes);
            if (random.Next(2) == 0)
            {
                // A length that promises more than will ever come.
                BitConverter.TryWriteBytes(bytes.AsSpan(0, Math.Min(4, bytes.Length)), random.Next());
            }

            Send(b.Port, bytes);
        });

        Assert.True(SpinWait.SpinUntil(() => a.Network.IsConnected(b.Id) && b.Network.IsConnected(a.Id), Patience));
    }

    private static void Change(byte[] bytes, Random random)
    {
        var at = random.Next(bytes.Length);
        switch (random.Next(4))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                // As in lengths that are far too large.
                bytes.AsSpan(at, Math.Min(3, bytes.Length - at)).Fill(0xff);
                break;
            default:
                var length = random.Next(1, Math.Min(40, bytes.Length - at + 1));
                bytes.AsSpan(random.Next(bytes.Length - length + 1), length).CopyTo(bytes.AsSpan(at, length));
                break;
        }
    }

    /// <summary>Sends, says that this was all, and reads until the server closes too.</summary>
    private static void Send(int port, byte[] bytes)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = (int)Patience.TotalMilliseconds, SendTimeout = (int)Patience.TotalMilliseconds };
        socket.Connect(IPAddress.Loopback, port);
        try
        {
            socket.Send(bytes);
            socket.Shutdown(SocketShutdown.Send);
            var answer = new byte[4096];
            while (socket.Receive(answer) > 0)
            {
            }
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted)
        {
            // Closed on; a timeout is none of these.
        }
    }

    /// <summary>What a real client sends for a handful of calls.</summary>
    private async Task<byte[]> RecordAsync()
    {
        using var recorder = new RecordingProxy(new Uri(server.Url).Port);
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{recorder.Port}");
        var kv = new KV.KVClient(channel);
        await kv.PutAsync(new() { Key = ByteString.CopyFromUtf8("hostile/a"), Value = ByteString.CopyFromUtf8(new string('v', 300)) });
        await kv.RangeAsync(new() { Key = ByteString.CopyFromUtf8("hostile/"), RangeEnd = ByteString.CopyFromUtf8("hostile0") });
        await kv.TxnAsync(new() { Success = { new RequestOp { RequestDeleteRange = new() { Key = ByteString.CopyFromUtf8("hostile/a") } } } });
        await new Lease.LeaseClient(channel).LeaseGrantAsync(new() { TTL = 60 });
        using var watch = new Watch.WatchClient(channel).Watch();
        await watch.RequestStream.WriteAsync(new() { CreateRequest = new() { Key = ByteString.CopyFromUtf8("hostile/a") } });
        await watch.ResponseStream.MoveNext(CancellationToken.None);
        return recorder.Bytes;
    }

    private static byte[] Garbage(MethodDescriptor method, Random random)
    {
        if (random.Next(3) == 0)
        {
            var bytes = new byte[random.Next(60)];
            random.NextBytes(bytes);
            return bytes;
        }

        // Fields of the message with values at random, then perhaps changed.
        var output = new MemoryStream();
        var coded = new CodedOutputStream(output);
        foreach (var field in method.InputType.Fields.InDeclarationOrder())
        {
            if (random.Next(2) == 0)
            {
                continue;
            }

            if (field.FieldType is FieldType.Bytes or FieldType.String or FieldType.Message)
            {
                var value = new byte[random.Next(12)];
                random.NextBytes(value);
                coded.WriteTag(field.FieldNumber, WireFormat.WireType.LengthDelimited);
                coded.WriteBytes(ByteString.CopyFrom(value));
            }
            else
            {
                coded.WriteTag(field.FieldNumber, WireFormat.WireType.Varint);
                coded.WriteInt64(random.Next(3) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : random.Next(-2, 5));
            }
        }

        coded.Flush();
        var message = output.ToArray();
        if (message.Length > 0 && random.Next(3) == 0)
        {
            Change(message, random);
        }

        return message;
    }

    private async Task<StatusCode> CallAsync(MethodDescriptor method, byte[] request)
    {
        var bytes = Marshallers.Create(static (byte[] value) => value, static value => value);
        using var call = server.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(
            new Method<byte[], byte[]>(MethodType.DuplexStreaming, method.Service.FullName, method.Name, bytes, bytes), null, new CallOptions(deadline: DateTime.UtcNow + Patience));
        try
        {
            await call.RequestStream.WriteAsync(request);
            await call.RequestStream.CompleteAsync();
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                // Renewals and streamed ranges end with the requests.
            }

            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }

    private async Task StillServesAsync()
    {
        var key = ByteString.CopyFromUtf8("hostile/after");
        await server.Kv.PutAsync(new() { Key = key, Value = key }, deadline: DateTime.UtcNow + Patience);
        Assert.Equal(1, (await server.Kv.RangeAsync(new() { Key = key }, deadline: DateTime.UtcNow + Patience)).Count);
    }
}
