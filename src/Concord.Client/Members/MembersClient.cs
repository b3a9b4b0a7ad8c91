using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using V1 = Concord.Protocol.V1;

namespace Concord.Client.Members;

/// <summary>
/// Who is there: servers and agents of hosts, as the server that answers sees it by gossip; events to all of them; and the keys that
/// they seal their packets with. Servers that do not gossip answer with the code <c>no_gossip</c>.
/// </summary>
public sealed class MembersClient
{
    private readonly V1.Gossip.GossipClient _gossip;

    internal MembersClient(CallInvoker invoker) => _gossip = new(invoker);

    /// <summary>Everybody known, by name; dead ones for a day.</summary>
    public async Task<GossipGroup> ListAsync(CancellationToken cancellationToken = default)
    {
        var response = await _gossip.ListGossipMembersAsync(new(), cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);
        return new(response.From, response.ClusterId, response.Encrypted, [.. response.Members.Select(static member => new GossipMember
        {
            Name = member.Name,
            Address = member.Address,
            Status = (GossipStatus)member.Status,
            Role = member.Role,
            Id = member.Id,
            ClientUrls = [.. member.ClientUrls],
            Zone = member.Zone,
            Version = member.Version,
        })]);
    }

    /// <summary>Tells every server and agent once. A hint to look, not the data: it is neither kept nor ordered.</summary>
    /// <param name="name">1 to 64 bytes.</param>
    /// <param name="payload">At most 512 bytes.</param>
    public async Task SendEventAsync(string name, ReadOnlyMemory<byte> payload = default, CancellationToken cancellationToken = default) =>
        await _gossip.SendEventAsync(new() { Name = name, Payload = ByteString.CopyFrom(payload.Span) }, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);

    /// <summary>
    /// Events from now on, until it is cancelled or the server ends it. They are not kept: what comes while nobody listens is gone.
    /// </summary>
    /// <param name="names">Only these; none is all.</param>
    /// <param name="begun">Called once the watch has begun: what is sent after that is seen.</param>
    public async IAsyncEnumerable<MemberEvent> WatchEventsAsync(
        IReadOnlyCollection<string>? names = null, Action? begun = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var call = _gossip.WatchEvents(new() { Names = { names ?? [] } }, cancellationToken: cancellationToken);
        var isFirst = true;
        while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            if (isFirst)
            {
                isFirst = false;
                begun?.Invoke();
                continue;
            }

            var told = call.ResponseStream.Current;
            yield return new(told.Name, told.Payload.Memory, told.Origin, told.Time);
        }
    }

    public Task<IReadOnlyList<MemberKeyring>> ListKeysAsync(CancellationToken cancellationToken = default) =>
        ChangeKeysAsync(new() { Operation = V1.KeyringOperation.List }, cancellationToken);

    /// <summary>Every member that is there understands what is sealed with the key from now on.</summary>
    /// <param name="key">16, 24 or 32 bytes.</param>
    public Task<IReadOnlyList<MemberKeyring>> AddKeyAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default) =>
        ChangeKeysAsync(new() { Operation = V1.KeyringOperation.Add, Key = ByteString.CopyFrom(key.Span) }, cancellationToken);

    /// <summary>Every member seals with the key from now on; refused unless all of them have it.</summary>
    public Task<IReadOnlyList<MemberKeyring>> UseKeyAsync(string fingerprint, CancellationToken cancellationToken = default) =>
        ChangeKeysAsync(new() { Operation = V1.KeyringOperation.Use, Fingerprint = fingerprint }, cancellationToken);

    /// <summary>No member understands the key any more; refused as long as one uses it.</summary>
    public Task<IReadOnlyList<MemberKeyring>> RemoveKeyAsync(string fingerprint, CancellationToken cancellationToken = default) =>
        ChangeKeysAsync(new() { Operation = V1.KeyringOperation.Remove, Fingerprint = fingerprint }, cancellationToken);

    private async Task<IReadOnlyList<MemberKeyring>> ChangeKeysAsync(V1.ChangeKeyringRequest request, CancellationToken cancellationToken)
    {
        var response = await _gossip.ChangeKeyringAsync(request, cancellationToken: cancellationToken).ResponseAsync.ConfigureAwait(false);
        return [.. response.Members.Select(static one => new MemberKeyring(one.Member, one.Error, [.. one.Fingerprints]))];
    }
}
