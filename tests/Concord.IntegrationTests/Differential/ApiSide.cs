using System.Collections.Concurrent;
using Concord.Protocol.Etcd;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Concord.IntegrationTests.Differential;

/// <summary>One of the two servers, and what it says: answers as text without what must differ, namely who answers.</summary>
internal sealed class ApiSide : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default);

    private readonly CallInvoker _invoker;
    private readonly AsyncDuplexStreamingCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> _keepAlive;
    private readonly AsyncDuplexStreamingCall<WatchRequest, WatchResponse> _watch;
    private readonly ConcurrentDictionary<long, List<string>> _told = new();
    private readonly Task _reading;
    private readonly Dictionary<string, string> _tokens = [];
    private long _newestWatch;

    /// <summary>What watches were told since the last look; one wait for it at a time.</summary>
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ApiSide(string name, GrpcChannel channel)
    {
        Name = name;
        _invoker = channel.CreateCallInvoker();
        _keepAlive = new Lease.LeaseClient(_invoker).LeaseKeepAlive(cancellationToken: TestContext.Current.CancellationToken);
        _watch = new Watch.WatchClient(_invoker).Watch(cancellationToken: TestContext.Current.CancellationToken);
        _reading = ReadWatchesAsync();
    }

    public string Name { get; }

    /// <summary>In the header of the last answer that had one.</summary>
    public long Revision { get; private set; }

    /// <summary>Gets a token for later calls in the user's name; "known", or the error.</summary>
    public async Task<string> SignInAsync(string user, string password)
    {
        try
        {
            var answer = await new Auth.AuthClient(_invoker).AuthenticateAsync(new() { Name = user, Password = password }, deadline: DateTime.UtcNow + Patience);
            _tokens[user] = answer.Token;
            return "known";
        }
        catch (RpcException error)
        {
            return $"{error.StatusCode}: {error.Status.Detail}";
        }
    }

    /// <summary>Sends a request of any unary method, or a renewal; the answer as text, or the error.</summary>
    /// <param name="user">In whose name; one who has not signed in sends no token.</param>
    public async Task<string> AskAsync(IMessage request, string user = "")
    {
        try
        {
            var headers = _tokens.TryGetValue(user, out var token) ? new Metadata { { "token", token } } : null;
            var options = new CallOptions(headers, DateTime.UtcNow + Patience, TestContext.Current.CancellationToken);
            IMessage answer = request switch
            {
                RangeRequest m => await new KV.KVClient(_invoker).RangeAsync(m, options),
                PutRequest m => await new KV.KVClient(_invoker).PutAsync(m, options),
                DeleteRangeRequest m => await new KV.KVClient(_invoker).DeleteRangeAsync(m, options),
                TxnRequest m => await new KV.KVClient(_invoker).TxnAsync(m, options),
                CompactionRequest m => await new KV.KVClient(_invoker).CompactAsync(m, options),
                LeaseGrantRequest m => await new Lease.LeaseClient(_invoker).LeaseGrantAsync(m, options),
                LeaseRevokeRequest m => await new Lease.LeaseClient(_invoker).LeaseRevokeAsync(m, options),
                LeaseTimeToLiveRequest m => await new Lease.LeaseClient(_invoker).LeaseTimeToLiveAsync(m, options),
                LeaseLeasesRequest m => await new Lease.LeaseClient(_invoker).LeaseLeasesAsync(m, options),
                HashKVRequest m => await new Maintenance.MaintenanceClient(_invoker).HashKVAsync(m, options),
                LeaseKeepAliveRequest m => await KeepAliveAsync(m),
                _ => await AuthSide.AskAsync(_invoker, request, options),
            };
            return Describe(answer);
        }
        catch (RpcException error)
        {
            return $"{error.StatusCode}: {error.Status.Detail}";
        }
    }

    /// <summary>Begins a watch and returns what the server says to that.</summary>
    public async Task<string> WatchAsync(WatchCreateRequest request)
    {
        _told[request.WatchId] = [];
        _newestWatch = request.WatchId;
        await _watch.RequestStream.WriteAsync(new() { CreateRequest = request });
        return await UntilAsync(request.WatchId, static told => told.FirstOrDefault(static line => !line.StartsWith("event", StringComparison.Ordinal)));
    }

    public async Task<string> CancelWatchAsync(long id)
    {
        await _watch.RequestStream.WriteAsync(new() { CancelRequest = new() { WatchId = id } });
        return await UntilAsync(id, static told => told.FirstOrDefault(static line => line.StartsWith("canceled", StringComparison.Ordinal)));
    }

    /// <summary>Waits until a watch was told of a change at a revision, or its end.</summary>
    public Task<string> CaughtUpAsync(long id, long revision) => UntilAsync(
        id, told => told.FirstOrDefault(line => line.StartsWith($"event {revision} ", StringComparison.Ordinal) || line.StartsWith("canceled", StringComparison.Ordinal)));

    /// <summary>Everything a watch was told, in order.</summary>
    public IReadOnlyList<string> Told(long id)
    {
        lock (_told)
        {
            return [.. _told[id]];
        }
    }

    public void Dispose()
    {
        _keepAlive.Dispose();
        _watch.Dispose();
    }

    private string Describe(IMessage answer)
    {
        switch (answer)
        {
            case LeaseTimeToLiveResponse lease:
                // Both round; a second may pass between the two calls.
                lease.TTL = lease.TTL > 0 ? lease.GrantedTTL : lease.TTL;
                var keys = lease.Keys.OrderBy(static key => key.ToStringUtf8(), StringComparer.Ordinal).ToList();
                lease.Keys.Clear();
                lease.Keys.AddRange(keys);
                break;
            case HashKVResponse hash:
                // Not there before etcd 3.6.
                hash.HashRevision = 0;
                break;
            case AuthRoleGetResponse role:
                // Of equal keys in any order.
                var permissions = role.Perm.OrderBy(static one => one.ToString(), StringComparer.Ordinal).ToList();
                role.Perm.Clear();
                role.Perm.AddRange(permissions);
                break;
            case LeaseLeasesResponse leases:
                var sorted = leases.Leases.OrderBy(static lease => lease.ID).ToList();
                leases.Leases.Clear();
                leases.Leases.AddRange(sorted);
                break;
        }

        if (answer.Descriptor.FindFieldByName("header")?.Accessor.GetValue(answer) is ResponseHeader header)
        {
            (header.ClusterId, header.MemberId, header.RaftTerm) = (0, 0, 0);
            Revision = header.Revision;
        }

        return Formatter.Format(answer);
    }

    private async Task<LeaseKeepAliveResponse> KeepAliveAsync(LeaseKeepAliveRequest request)
    {
        await _keepAlive.RequestStream.WriteAsync(request);
        await _keepAlive.ResponseStream.MoveNext(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return _keepAlive.ResponseStream.Current;
    }

    private async Task ReadWatchesAsync()
    {
        try
        {
            await foreach (var response in _watch.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
            {
                lock (_told)
                {
                    // One that does not come about has the number -1.
                    var told = _told[response.WatchId == -1 ? _newestWatch : response.WatchId];
                    if (response.Created || response.Canceled)
                    {
                        told.Add($"{(response.Canceled ? "canceled" : "created")} {response.WatchId} created={response.Created} compacted at {response.CompactRevision}: {response.CancelReason}");
                    }

                    told.AddRange(response.Events.Select(static one => $"event {one.Kv.ModRevision} {Formatter.Format(one)}"));
                }

                Interlocked.Exchange(ref _news, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            }
        }
        catch (RpcException) when (_watch.GetStatus().StatusCode == StatusCode.Cancelled)
        {
            // Disposed.
        }
    }

    private async Task<string> UntilAsync(long id, Func<List<string>, string?> found)
    {
        while (true)
        {
            var news = Volatile.Read(ref _news).Task;
            lock (_told)
            {
                if (found(_told[id]) is { } line)
                {
                    return line;
                }
            }

            if (await Task.WhenAny(news, _reading).WaitAsync(Patience) == _reading)
            {
                await _reading;
                throw new InvalidOperationException($"{Name} has ended the stream of watches");
            }
        }
    }
}
