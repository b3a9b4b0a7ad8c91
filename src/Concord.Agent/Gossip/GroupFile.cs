using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Concord.Gossip;
using Concord.Members.Wire;

namespace Concord.Agent.Gossip;

/// <summary>Which group the agent belongs to, and where its servers were found last.</summary>
internal sealed record KnownGroup(ulong ClusterId, IReadOnlyList<GossipAddress> Addresses);

/// <summary>A <see cref="KnownGroup"/> on disk, for a start while the servers are away.</summary>
internal sealed class GroupFile(string path, AgentLog log)
{
    private KnownGroup? _written;

    /// <summary>Null: none, or not readable, which is the same to an agent that can ask.</summary>
    public KnownGroup? Read()
    {
        try
        {
            var read = JsonSerializer.Deserialize(File.ReadAllBytes(path), GroupFileJson.Default.Content);
            return read is not null && ulong.TryParse(read.ClusterId, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var cluster)
                ? new(cluster, [.. read.Servers.Select(static text => IPEndPoint.TryParse(text, out var one) ? Addresses.From(one.Address, one.Port) : null).OfType<GossipAddress>()])
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public void Write(KnownGroup group)
    {
        if (_written is { } before && before.ClusterId == group.ClusterId && before.Addresses.SequenceEqual(group.Addresses))
        {
            return;
        }

        try
        {
            var content = new Content(group.ClusterId.ToString("x", CultureInfo.InvariantCulture), [.. group.Addresses.Select(static address => address.ToString())]);
            File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(content, GroupFileJson.Default.Content));
            File.Move(path + ".new", path, overwrite: true);
            _written = group;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            log.NotRemembered(path, error.Message);
        }
    }

    internal sealed record Content(string ClusterId, IReadOnlyList<string> Servers);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(GroupFile.Content))]
internal sealed partial class GroupFileJson : JsonSerializerContext;
