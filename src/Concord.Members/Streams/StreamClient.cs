using System.Net.Sockets;
using Concord.Gossip;
using Concord.Members.Wire;

namespace Concord.Members.Streams;

/// <summary>Opens connections to others: one question and its answer each.</summary>
internal sealed class StreamClient(StreamContext context)
{
    private readonly StreamBudget _budget = new();

    /// <exception cref="IOException">No answer, or none that can be understood.</exception>
    public async Task<GossipMessage> AskAsync(GossipAddress to, GossipMessage message, CancellationToken cancellation)
    {
        var answer = await TalkAsync(to, async (stream, seal, share, stop) =>
        {
            await SendAsync(stream, seal, new(FrameKind.Message, context.Encode(message)), stop).ConfigureAwait(false);
            return await ReceiveAsync(stream, seal, share, FrameKind.Message, stop).ConfigureAwait(false);
        }, cancellation).ConfigureAwait(false);
        var messages = new List<GossipMessage>();
        var refusal = PacketCodec.Decode(answer.Span, context.Cluster, StreamFrame.BytesMax, messages);
        return refusal == PacketRefusal.None && messages.Count == 1 ? messages[0]
            : throw new StreamRefusedException(refusal == PacketRefusal.None ? PacketRefusal.Content : refusal, "the answer is no message of this group");
    }

    /// <exception cref="IOException">No answer, or none that can be understood.</exception>
    public Task<ReadOnlyMemory<byte>> KeyringAsync(GossipAddress to, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> request, CancellationToken cancellation) =>
        TalkAsync(to, async (stream, seal, share, stop) =>
        {
            await SendAsync(stream, seal, new(FrameKind.KeyringHello, default), stop).ConfigureAwait(false);
            var challenge = await ReceiveAsync(stream, seal, share, FrameKind.KeyringChallenge, stop).ConfigureAwait(false);
            await SendAsync(stream, seal, new(FrameKind.KeyringRequest, request(challenge)), stop).ConfigureAwait(false);
            return await ReceiveAsync(stream, seal, share, FrameKind.KeyringAnswer, stop).ConfigureAwait(false);
        }, cancellation);

    private async Task<ReadOnlyMemory<byte>> TalkAsync(
        GossipAddress to, Func<NetworkStream, Seal, StreamBudget.Share, CancellationToken, Task<ReadOnlyMemory<byte>>> talk, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(context.Timeout);
        using var seal = new Seal(context.Keys);
        using var share = _budget.Open();
        var target = Addresses.EndPoint(to);
        using var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target, patience.Token).ConfigureAwait(false);
            context.Traffic.StreamSent();
            await using var stream = new NetworkStream(socket, ownsSocket: false);
            return await talk(stream, seal, share, patience.Token).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw new IOException(e.Message, e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"no answer within {context.Timeout.TotalSeconds:0.#} s", e);
        }
    }

    private async Task SendAsync(NetworkStream stream, Seal seal, Frame frame, CancellationToken cancellation) =>
        context.Traffic.StreamBytes(0, await StreamFrame.WriteAsync(stream, seal, frame.Kind, frame.Body, cancellation).ConfigureAwait(false));

    private async Task<ReadOnlyMemory<byte>> ReceiveAsync(NetworkStream stream, Seal seal, StreamBudget.Share share, FrameKind wanted, CancellationToken cancellation)
    {
        var (frame, bytes) = await StreamFrame.ReadAsync(stream, seal, share, cancellation).ConfigureAwait(false);
        context.Traffic.StreamBytes(bytes, 0);
        return frame is { } answer && answer.Kind == wanted ? answer.Body
            : throw new IOException(frame is null ? "it closed the connection: another cluster, other keys, or too much to do" : "it answered something else");
    }
}
