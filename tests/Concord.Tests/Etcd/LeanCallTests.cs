using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using Concord.Protocol.Etcd;
using Concord.Server.Cluster;
using Concord.Server.Etcd;
using Concord.Server.Hosting.Grpc;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using static Concord.Tests.Etcd.EtcdServer;

namespace Concord.Tests.Etcd;

/// <summary>
/// The bare handlers of hot methods answer as the framework's do, byte for byte. A call with a deadline goes to the framework's, so the
/// same request is sent with and without one.
/// </summary>
public abstract class LeanCallTests(EtcdServer server) : IDisposable
{
    private const string Deadline = "1H";

    private readonly HttpClient _http = new() { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

    public static TheoryData<string, RangeRequest> Ranges => new()
    {
        { "one", new() { Key = Bytes("lean/b") } },
        { "none", new() { Key = Bytes("lean/nothing") } },
        { "all", Prefix() },
        { "keys alone", With(request => request.KeysOnly = true) },
        { "count alone", With(request => request.CountOnly = true) },
        { "cut", With(request => request.Limit = 3) },
        { "serializable, descending", With(request => (request.Serializable, request.SortOrder) = (true, RangeRequest.Types.SortOrder.Descend)) },
        { "refused: a revision to come", With(request => request.Revision = 1_000_000) },
        { "refused: no key", new() },
        { "refused: no such order", With(request => request.SortOrder = (RangeRequest.Types.SortOrder)9) },
    };

    public void Dispose()
    {
        _http.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public async Task A_range_is_answered_alike(string what, RangeRequest request)
    {
        await FillAsync();
        var (lean, framework) = await BothAsync("Range", Framed(request.ToByteArray()));
        AssertAlike(framework, lean);
        Assert.Equal(what.StartsWith("refused", StringComparison.Ordinal), lean.Status != "0");
    }

    [Fact]
    public async Task Writes_are_answered_alike_but_for_their_revisions()
    {
        await FillAsync();
        var put = new PutRequest { Key = Bytes("lean/put"), Value = Bytes("1"), PrevKv = true };
        await ExchangeAsync("Put", Framed(put.ToByteArray()), deadline: null);
        var (lean, framework) = await BothAsync("Put", Framed(put.ToByteArray()));
        Assert.Equal(Previous(framework), Previous(lean));

        var transaction = new TxnRequest
        {
            Success = { new RequestOp { RequestRange = new() { Key = Bytes("lean/a") } }, new RequestOp { RequestPut = new() { Key = Bytes("lean/txn"), Value = Bytes("2") } } },
        };
        (lean, framework) = await BothAsync("Txn", Framed(transaction.ToByteArray()));
        Assert.Equal(Responses(framework), Responses(lean));

        (lean, framework) = await BothAsync("DeleteRange", Framed(new DeleteRangeRequest { Key = Bytes("lean/nothing") }.ToByteArray()));
        Assert.Equal(Unframed(framework, DeleteRangeResponse.Parser).Deleted, Unframed(lean, DeleteRangeResponse.Parser).Deleted);

        static (string, long) Previous(Answer answer) => (Unframed(answer, PutResponse.Parser).PrevKv.Value.ToStringUtf8(), Unframed(answer, PutResponse.Parser).PrevKv.CreateRevision);
        static string Responses(Answer answer) => string.Join(';', Unframed(answer, TxnResponse.Parser).Responses.Select(response => response.ResponseCase + response.ResponseRange?.Kvs.ToString()));
    }

    /// <summary>The bare handler gives back what it cannot take, whole.</summary>
    [Theory]
    [InlineData("no message", "")]
    [InlineData("half a prefix", "000000")]
    [InlineData("half a message", "00000000100a01")]
    [InlineData("two messages", "00000000030a01610000000003" + "0a0161")]
    [InlineData("compressed without a name", "01000000030a0161")]
    [InlineData("not a message", "0000000003ffffff")]
    public async Task What_is_no_plain_call_is_answered_by_the_framework(string what, string hex)
    {
        var (lean, framework) = await BothAsync("Range", Convert.FromHexString(hex));
        AssertAlike(framework, lean);
        Assert.True(lean.Status != "0", what);
    }

    [Fact]
    public async Task A_message_above_the_limit_is_refused_alike()
    {
        var (lean, framework) = await BothAsync("Put", Framed(new PutRequest { Key = Bytes("lean/large"), Value = ByteString.CopyFrom(new byte[3 << 20]) }.ToByteArray()));
        AssertAlike(framework, lean);
        Assert.Equal("8", lean.Status);
    }

    /// <summary>
    /// A request's bytes come in pieces of any size. The framework gets them all, without waiting for more than what already shows that
    /// the call is its own.
    /// </summary>
    [Theory]
    [InlineData("compressed, byte by byte", "01|00|00|00|03|0a", 5)]
    [InlineData("too large, by its prefix", "0000|100000|0a01", 2)]
    [InlineData("two messages", "000000|00030a0161|00|00000003", 3)]
    [InlineData("not a message", "0000000003|ff|ffff|", 4)]
    [InlineData("half a message", "0000|000003|0a|", 4)]
    public async Task Pieces_that_are_no_message_are_given_back_whole(string what, string pieces, int enough)
    {
        var parts = pieces.Split('|').Select(Convert.FromHexString).ToArray();
        var body = new Pipe(new(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
        var http = new DefaultHttpContext();
        (http.Request.Protocol, http.Request.ContentType) = ("HTTP/2", "application/grpc");
        http.Features.Set<IRequestBodyPipeFeature>(new RequestBody(body.Reader));
        byte[]? given = null;
        var lean = new LeanUnary<RangeRequest, RangeResponse, MessageWriter<RangeResponse>>(
            RangeRequest.Parser, (_, _) => throw new InvalidOperationException(what), receiveBytesMax: 1 << 10, NullLogger.Instance);

        var call = lean.AnswerAsync(http, count: null, ReadAllAsync);
        var written = new List<byte>();
        for (var i = 0; i < enough; i++)
        {
            Assert.Null(given);
            written.AddRange(parts[i]);
            await body.Writer.WriteAsync(parts[i], TestContext.Current.CancellationToken);
            if (i == parts.Length - 1)
            {
                await body.Writer.CompleteAsync();
            }
        }

        await call;
        Assert.Equal(written, given);

        async Task ReadAllAsync(HttpContext context)
        {
            var read = await context.Request.BodyReader.ReadAsync(TestContext.Current.CancellationToken);
            given = read.Buffer.ToArray();
        }
    }

    [Theory]
    [InlineData("HTTP/2", "application/grpc", null, null, true)]
    [InlineData("HTTP/2", "application/grpc", null, "identity", true)]
    [InlineData("HTTP/2", "application/grpc", "5S", null, false)]
    [InlineData("HTTP/2", "application/grpc", null, "gzip", false)]
    [InlineData("HTTP/2", "application/json", null, null, false)]
    [InlineData("HTTP/1.1", "application/grpc", null, null, false)]
    public void Only_a_plain_call_is_for_the_bare_handler(string protocol, string contentType, string? timeout, string? encoding, bool isPlain)
    {
        var request = new DefaultHttpContext().Request;
        (request.Protocol, request.ContentType) = (protocol, contentType);
        (request.Headers.GrpcTimeout, request.Headers.GrpcEncoding) = (timeout, encoding);
        Assert.Equal(isPlain, LeanCall.IsPlain(request));
    }

    /// <summary>Both before all other steps and, where those have something to do, in the place of the framework's.</summary>
    [Fact]
    public void The_hot_methods_have_bare_handlers()
    {
        Assert.Equal(["DeleteRange", "Put", "Range", "Txn"], server.Services.GetRequiredService<LeanKv>().Methods.Keys.Order());
        var bare = server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RequestDelegate?.Method.DeclaringType?.DeclaringType == typeof(LeanKv))
            .Select(endpoint => endpoint.RoutePattern.RawText);
        Assert.Equal(["/etcdserverpb.KV/DeleteRange", "/etcdserverpb.KV/Put", "/etcdserverpb.KV/Range", "/etcdserverpb.KV/Txn"], bare.Order());
    }

    private static RangeRequest Prefix() => new() { Key = Bytes("lean/"), RangeEnd = Bytes("lean0") };

    private static RangeRequest With(Action<RangeRequest> change)
    {
        var request = Prefix();
        change(request);
        return request;
    }

    private static void AssertAlike(Answer framework, Answer lean)
    {
        Assert.Equal(framework.Code, lean.Code);
        Assert.Equal(framework.Headers, lean.Headers);
        Assert.Equal(framework.Body, lean.Body);
        Assert.Equal(framework.Trailers, lean.Trailers);
    }

    private static T Unframed<T>(Answer answer, MessageParser<T> parser)
        where T : IMessage<T>
    {
        Assert.Equal("0", answer.Status);
        return parser.ParseFrom(answer.Body.AsSpan(5));
    }

    private static byte[] Framed(byte[] message)
    {
        var framed = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        return framed;
    }

    private static string Text(HttpHeaders headers) =>
        string.Join('\n', headers.Where(header => header.Key != "Date").OrderBy(header => header.Key).Select(header => $"{header.Key}: {string.Join(',', header.Value)}"));

    /// <summary>Values of many sizes, a lease, an empty value, several versions.</summary>
    private async Task FillAsync()
    {
        var lease = await server.Lease.LeaseGrantAsync(new LeaseGrantRequest { TTL = 600 });
        await server.PutAsync("lean/a", "");
        await server.PutAsync("lean/b", "once");
        await server.PutAsync("lean/b", "twice", lease.ID);
        foreach (var size in (int[])[1, 127, 128, 4_000, 20_000])
        {
            await server.PutAsync($"lean/size/{size}", new string('x', size));
        }
    }

    private async Task<(Answer Lean, Answer Framework)> BothAsync(string method, byte[] body) =>
        (await ExchangeAsync(method, body, deadline: null), await ExchangeAsync(method, body, Deadline));

    private async Task<Answer> ExchangeAsync(string method, byte[] body, string? deadline)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{server.Url}etcdserverpb.KV/{method}") { Content = new ByteArrayContent(body), Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Content.Headers.ContentType = new("application/grpc");
        request.Headers.TE.Add(new("trailers"));
        if (deadline is not null)
        {
            request.Headers.Add("grpc-timeout", deadline);
        }

        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var content = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var status = response.TrailingHeaders.TryGetValues("grpc-status", out var trailer) ? trailer.Single()
            : response.Headers.TryGetValues("grpc-status", out var header) ? header.Single() : "";
        return new(response.StatusCode, Text(response.Headers) + '\n' + Text(response.Content.Headers), content, Text(response.TrailingHeaders), status);
    }

    private sealed class RequestBody(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }

    private sealed record Answer(HttpStatusCode Code, string Headers, byte[] Body, string Trailers, string Status);
}

/// <summary>Answered before all other steps of a request's way.</summary>
public sealed class HotCallTests(EtcdServer server) : LeanCallTests(server), IClassFixture<EtcdServer>;

/// <summary>The whole way, which calls go for example where each of them is timed.</summary>
public sealed class TimedCallTests(TimedCallTests.Server server) : LeanCallTests(server), IClassFixture<TimedCallTests.Server>
{
    public sealed class Server : EtcdServer
    {
        protected override ServerOptions Options => base.Options with { Metrics = ServerOptions.ExtensiveMetrics };
    }
}
