using System.Text.Json;
using System.Text.Json.Serialization;

namespace Concord.Agent.Checks;

/// <summary>
/// The checked instances that this agent itself has passed on to the servers, on disk. Anybody who may register can claim to come through
/// any agent; only what this one saw come from a process of its host is looked at on the host's own addresses. Safe to use from any thread.
/// </summary>
internal sealed class SeenRegistrations
{
    /// <summary>As many as an agent looks at. The oldest is forgotten for a new one.</summary>
    private const int Max = CheckTable.InstancesMax;

    private readonly string _path;
    private readonly AgentLog _log;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Service, string Id), long> _generations = [];

    public SeenRegistrations(AgentOptions options, AgentLog log)
    {
        _path = Path.Combine(options.DataDir, "registrations.json");
        _log = log;
        try
        {
            foreach (var one in JsonSerializer.Deserialize(File.ReadAllBytes(_path), SeenRegistrationsJson.Default.IReadOnlyListEntry) ?? [])
            {
                _generations[(one.Service, one.Id)] = one.Generation;
            }
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            // The first run.
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            log.NotRecalled(_path, error.Message);
        }
    }

    /// <param name="service">In whatever case the process wrote it; servers fold it.</param>
    public void Note(string service, string id, long generation)
    {
        lock (_lock)
        {
            var key = (service.ToLowerInvariant(), id);
            if (_generations.GetValueOrDefault(key) == generation)
            {
                return;
            }

            _generations[key] = generation;
            if (_generations.Count > Max)
            {
                _generations.Remove(_generations.MinBy(static one => one.Value).Key);
            }

            Write();
        }
    }

    public bool Contains(string service, string id, long generation)
    {
        lock (_lock)
        {
            return _generations.TryGetValue((service, id), out var seen) && seen == generation;
        }
    }

    private void Write()
    {
        try
        {
            File.WriteAllBytes(_path + ".new", JsonSerializer.SerializeToUtf8Bytes(
                [.. _generations.Select(static one => new Entry(one.Key.Service, one.Key.Id, one.Value))], SeenRegistrationsJson.Default.IReadOnlyListEntry));
            File.Move(_path + ".new", _path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _log.NotRemembered(_path, error.Message);
        }
    }

    internal sealed record Entry(string Service, string Id, long Generation);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(IReadOnlyList<SeenRegistrations.Entry>))]
internal sealed partial class SeenRegistrationsJson : JsonSerializerContext;
