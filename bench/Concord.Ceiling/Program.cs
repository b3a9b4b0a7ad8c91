// What the web server alone costs: Put and Range of the etcd API by bare handlers on Kestrel, values in a dictionary. No
// versions, no agreement, no disk, no gRPC framework, one address: the most that a server on this web server can reach.
//
//   concord-ceiling --listen-client-urls http://127.0.0.1:2379
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using Concord.Protocol.Etcd;
using Google.Protobuf;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

const int PrefixBytes = 5;
if (args is not ["--listen-client-urls", var url] || !Uri.TryCreate(url, UriKind.Absolute, out var address))
{
    Console.Error.WriteLine("usage: concord-ceiling --listen-client-urls http://127.0.0.1:PORT");
    return 2;
}

var values = new ConcurrentDictionary<ByteString, ByteString>();
var revision = 1L;
var builder = WebApplication.CreateEmptyBuilder(new());
builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.Http2.MaxStreamsPerConnection = int.MaxValue;
    kestrel.Listen(IPAddress.Parse(address.Host), address.Port, static listen => listen.Protocols = HttpProtocols.Http2);
});
await using var app = builder.Build();
app.Run(http => http.Request.Path.Value == "/etcdserverpb.KV/Put" ? PutAsync(http) : RangeAsync(http));
await app.RunAsync();
return 0;

async Task PutAsync(HttpContext http)
{
    var request = await ReadAsync(http, PutRequest.Parser);
    values[request.Key] = request.Value;
    Answer(http, new PutResponse { Header = Header(Interlocked.Increment(ref revision)) });
}

async Task RangeAsync(HttpContext http)
{
    var request = await ReadAsync(http, RangeRequest.Parser);
    var answer = new RangeResponse { Header = Header(Interlocked.Read(ref revision)) };
    if (values.TryGetValue(request.Key, out var value))
    {
        answer.Count = 1;
        answer.Kvs.Add(new KeyValue { Key = request.Key, Value = value, Version = 1, CreateRevision = 2, ModRevision = 2 });
    }

    Answer(http, answer);
}

static ResponseHeader Header(long revision) => new() { ClusterId = ulong.MaxValue, MemberId = ulong.MaxValue, RaftTerm = 2, Revision = revision };

static async ValueTask<T> ReadAsync<T>(HttpContext http, MessageParser<T> parser)
    where T : IMessage<T>
{
    var input = http.Request.BodyReader;
    while (true)
    {
        var read = await input.ReadAsync();
        if (read.IsCompleted)
        {
            var message = parser.ParseFrom(read.Buffer.Slice(PrefixBytes));
            input.AdvanceTo(read.Buffer.End);
            return message;
        }

        input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
    }
}

static void Answer(HttpContext http, IMessage answer)
{
    http.Response.ContentType = "application/grpc";
    var output = http.Response.BodyWriter;
    var prefix = output.GetSpan(PrefixBytes);
    prefix[0] = 0;
    BinaryPrimitives.WriteInt32BigEndian(prefix[1..], answer.CalculateSize());
    output.Advance(PrefixBytes);
    answer.WriteTo(output);
    http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers.GrpcStatus = "0";
}
