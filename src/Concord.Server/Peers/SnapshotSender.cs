using System.Diagnostics;
using System.Net.Sockets;
using Concord.Raft;
using Concord.Storage;

namespace Concord.Server.Peers;

/// <summary>
/// Streams snapshots to members that are too far behind for the log, each on a thread and a connection of its own. A transfer
/// that breaks off is taken up where it was.
/// </summary>
internal sealed class SnapshotSender : IDisposable
{
    private readonly PeerOptions _options;
    private readonly SnapshotStore _snapshots;
    private readonly PeerNetwork _network;
    private readonly Action<MemberId, bool> _done;
    private readonly PeerLog _events;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Thread> _threads = [];

    /// <param name="done">Told on some thread, once for each <see cref="Send"/>, whether it was delivered.</param>
    public SnapshotSender(PeerOptions options, SnapshotStore snapshots, PeerNetwork network, Action<MemberId, bool> done, PeerLog events)
    {
        _options = options;
        _snapshots = snapshots;
        _network = network;
        _done = done;
        _events = events;
    }

    /// <summary>Begins to send. Called within a turn of the replica, which is told of the end.</summary>
    public void Send(RaftMessage.InstallSnapshot message)
    {
        _threads.RemoveAll(thread => !thread.IsAlive);
        var thread = new Thread(() => _done(message.To, Run(message)))
        {
            IsBackground = true,
            Name = "concord snapshot out",
            Priority = ThreadPriority.BelowNormal,
        };
        _threads.Add(thread);
        thread.Start();
    }

    /// <summary>Gives up what is under way. No <see cref="Send"/> may follow.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _threads.ForEach(thread => thread.Join());
        _stop.Dispose();
    }

    private bool Run(RaftMessage.InstallSnapshot message)
    {
        var (index, member) = (message.Snapshot.Index.Value, message.To.ToString());
        _events.SnapshotSending(index, member);
        for (var attempt = 1; !_stop.IsCancellationRequested; attempt++)
        {
            try
            {
                var started = Stopwatch.GetTimestamp();
                var bytes = SendOnce(message);
                _events.SnapshotSent(index, member, bytes, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                return true;
            }
            catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
            {
                _events.SnapshotNotSent(index, member, error.Message);
                if (attempt == _options.SnapshotAttempts)
                {
                    return false;
                }

                _stop.Token.WaitHandle.WaitOne(_options.RetryMax);
            }
            catch (Exception error) when (error is DiskException or StorageDamagedException or StorageMismatchException)
            {
                // The next one this member writes is sent instead.
                _events.SnapshotNotSent(index, member, error.Message);
                return false;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }

        return false;
    }

    private long SendOnce(RaftMessage.InstallSnapshot message)
    {
        using var file = _snapshots.Open(new(message.Snapshot.Index, message.Snapshot.Term));
        using var connection = Open(message.To);
        using var ending = _stop.Token.UnsafeRegister(static connection => ((PeerConnection)connection!).Dispose(), connection);
        var frames = new FrameBuffer();
        SnapshotLane.WriteOffer(message, frames);
        connection.Send(frames);
        var offset = SnapshotLane.ReadNumber(connection.Reader);
        if (offset == SnapshotLane.NotWanted)
        {
            return 0;
        }

        SendBody(connection, frames, file, offset);
        connection.ReadWithin(SnapshotLane.ConfirmTimeout);
        return SnapshotLane.ReadNumber(connection.Reader);
    }

    private void SendBody(PeerConnection connection, FrameBuffer frames, SnapshotReader file, long offset)
    {
        var checksum = 0u;
        var sent = 0L;
        var started = Stopwatch.GetTimestamp();
        while (file.TryReadChunk(out var chunk))
        {
            checksum = Crc32C.Append(checksum, chunk.Span);
            var known = (int)Math.Clamp(offset - (file.BodyBytes - chunk.Length), 0, chunk.Length);
            if (known == chunk.Length)
            {
                continue;
            }

            frames.Clear();
            SnapshotLane.WritePiece(chunk.Span[known..], frames);
            connection.Send(frames);
            sent += chunk.Length - known;
            Throttle(sent, started);
        }

        frames.Clear();
        SnapshotLane.WriteEnd(file.BodyBytes, checksum, frames);
        connection.Send(frames);
    }

    private void Throttle(long sent, long started)
    {
        var due = TimeSpan.FromSeconds((double)sent / _options.SnapshotBytesPerSecond) - Stopwatch.GetElapsedTime(started);
        if (due > TimeSpan.FromMilliseconds(1))
        {
            _stop.Token.WaitHandle.WaitOne(due);
        }
    }

    private PeerConnection Open(MemberId member)
    {
        var hello = new PeerHello(
            _options.Versions, PeerLane.Snapshot, _options.Identity.ClusterId, new(_options.Identity.MemberId), member,
            _options.Identity.Name, _options.AdvertiseUrls);
        Exception? last = null;
        foreach (var url in _network.AddressesOf(member))
        {
            try
            {
                return PeerConnection.Open(new(url), hello, _options, _stop.Token);
            }
            catch (Exception error) when (error is IOException or SocketException)
            {
                last = error;
            }
        }

        throw last ?? new PeerProtocolException("its address is not known");
    }
}
