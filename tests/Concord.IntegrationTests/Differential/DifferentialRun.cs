using Concord.Protocol.Etcd;
using Google.Protobuf;

namespace Concord.IntegrationTests.Differential;

/// <summary>One run of requests to both sides, and the watches in it.</summary>
internal sealed class DifferentialRun(int seed, ApiSide theirs, ApiSide ours)
{
    /// <summary>Who calls is asked before whether the request makes sense; with etcd it is the other way round.</summary>
    private static readonly string[] AsksWhoFirst = ["InvalidArgument: etcdserver: user name is empty", "Unauthenticated: etcdserver: invalid auth token"];

    private readonly Dictionary<long, WatchCreateRequest> _watches = [];
    private readonly HashSet<long> _ended = [];
    private long _step;

    public RequestDice Dice { get; } = new(seed);

    public int WatchCount => _watches.Count;

    public async Task StepAsync()
    {
        var request = Dice.Next();
        if (request is CompactionRequest)
        {
            // A watch that is still in the past would be cancelled or not, depending on who is faster.
            await CatchUpAsync();
        }

        var answer = await AskBothAsync(request);
        Dice.Revision = theirs.Revision;
        if (request is CompactionRequest compaction && answer.StartsWith('{'))
        {
            Dice.Compacted = compaction.Revision;
        }
    }

    /// <summary>Sends a request in the name of a user, who signs in anew now and then.</summary>
    public async Task StepAsync(IMessage request, string user, string? password)
    {
        if (password is not null)
        {
            var (their, our) = (await theirs.SignInAsync(user, password), await ours.SignInAsync(user, password));
            Same(new AuthenticateRequest { Name = user, Password = password }, their, our);
        }

        await AskBothAsync(request, user);
        Dice.Revision = theirs.Revision;
    }

    public async Task WatchAsync()
    {
        var request = Dice.Watch(_watches.Count + 1);
        _watches.Add(request.WatchId, request);
        var (their, our) = (await theirs.WatchAsync(request), await ours.WatchAsync(request));
        Same(request, their, our);
        if (their.StartsWith("canceled", StringComparison.Ordinal))
        {
            _ended.Add(request.WatchId);
        }
    }

    public async Task CancelWatchAsync()
    {
        var open = _watches.Keys.Except(_ended).ToList();
        if (open.Count == 0)
        {
            return;
        }

        await CatchUpAsync();
        var id = open[Dice.Number(open.Count)];
        if (_ended.Add(id))
        {
            Same(_watches[id], await theirs.CancelWatchAsync(id), await ours.CancelWatchAsync(id));
        }
    }

    public async Task CompareWatchesAsync()
    {
        await CatchUpAsync();
        foreach (var (id, request) in _watches)
        {
            var (their, our) = (theirs.Told(id), ours.Told(id));
            for (var i = 0; i < Math.Max(their.Count, our.Count); i++)
            {
                Same(request, their.ElementAtOrDefault(i) ?? "nothing more", our.ElementAtOrDefault(i) ?? "nothing more", $"line {i + 1} of {their.Count} and {our.Count}");
            }
        }
    }

    /// <summary>Changes something in each open watch, and waits until both sides have told it that.</summary>
    private async Task CatchUpAsync()
    {
        foreach (var (id, request) in _watches)
        {
            if (_ended.Contains(id))
            {
                continue;
            }

            var seesPuts = !request.Filters.Contains(WatchCreateRequest.Types.FilterType.Noput);
            await AskBothAsync(new PutRequest { Key = SomeKey(request), Value = ByteString.CopyFromUtf8("caught up") });
            if (!seesPuts)
            {
                await AskBothAsync(new DeleteRangeRequest { Key = SomeKey(request) });
            }

            if (request.StartRevision > theirs.Revision || !Contains(request))
            {
                continue;
            }

            var (their, our) = (await theirs.CaughtUpAsync(id, theirs.Revision), await ours.CaughtUpAsync(id, theirs.Revision));
            if (their.StartsWith("canceled", StringComparison.Ordinal) || our.StartsWith("canceled", StringComparison.Ordinal))
            {
                Same(request, their, our);
                _ended.Add(id);
            }
        }

        Dice.Revision = theirs.Revision;
    }

    /// <summary>An empty key begins a range with the smallest key there is.</summary>
    private static ByteString SomeKey(WatchCreateRequest watch) => watch.Key.IsEmpty ? ByteString.CopyFrom(0) : watch.Key;

    private static bool Contains(WatchCreateRequest watch) =>
        watch.RangeEnd.IsEmpty || watch.RangeEnd.Span is [0] || SomeKey(watch).Span.SequenceCompareTo(watch.RangeEnd.Span) < 0;

    private async Task<string> AskBothAsync(IMessage request, string user = "")
    {
        _step++;
        var (their, our) = (await theirs.AskAsync(request, user), await ours.AskAsync(request, user));
        Same(request, their, our, user);
        return their;
    }

    private void Same(IMessage request, string their, string our, string where = "") => Assert.True(
        their == our || (their.StartsWith("InvalidArgument", StringComparison.Ordinal) && AsksWhoFirst.Contains(our)),
        $"""
        seed {seed}, request {_step}, revision {Dice.Revision}, compacted {Dice.Compacted} {where}
        {request.Descriptor.Name} {request}
        etcd    {their}
        concord {our}
        """);
}
