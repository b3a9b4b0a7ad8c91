using Concord.Agent;
using Concord.Agent.Cache;
using Concord.Protocol.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Tests.Agent;

/// <summary>What an agent keeps of what it has passed on.</summary>
public sealed class AgentMemoryTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("concord-agent-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Answers_are_found_again_by_equal_questions_and_by_no_others()
    {
        var question = new GetEffectiveRequest { View = new() { Application = "orders", Environment = "dev", Labels = { ["zone"] = "a", ["version"] = "1" } } };
        var equal = new GetEffectiveRequest { View = new() { Application = "orders", Environment = "dev", Labels = { ["version"] = "1", ["zone"] = "a" } } };
        Store().Remember("GetEffective", question, new EffectiveConfiguration { Version = "v1" });

        // Another run of the agent.
        var store = Store();
        Assert.Equal("v1", store.Recall("GetEffective", equal, EffectiveConfiguration.Parser)?.Version);
        Assert.Null(store.Recall("Explain", equal, EffectiveConfiguration.Parser));
        equal.View.Environment = "prod";
        Assert.Null(store.Recall("GetEffective", equal, EffectiveConfiguration.Parser));
    }

    [Fact]
    public void A_file_that_a_crash_or_a_disk_has_damaged_is_no_answer()
    {
        var store = Store();
        store.Remember("ListServices", new ListServicesRequest(), new ListServicesResponse { Revision = 7 });
        var file = Directory.GetFiles(Path.Combine(_folder.FullName, "answers")).Single();
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        var bytes = File.ReadAllBytes(file);
        foreach (var damaged in new[] { bytes[..^1], bytes[..10], [], [.. bytes.Select(static (value, at) => at == 40 ? (byte)(value ^ 1) : value), 1] })
        {
            File.WriteAllBytes(file, damaged);
            Assert.Null(store.Recall("ListServices", new ListServicesRequest(), ListServicesResponse.Parser));
        }
    }

    [Fact]
    public void A_view_of_instances_is_what_its_messages_make_it()
    {
        var table = new InstanceTable();
        table.Set(new() { Revision = 5, Instances = { One("shop", "b"), One("shop", "a"), One("web", "x") }, Services = { new ServiceSummary { Name = "shop", Total = 2 }, new ServiceSummary { Name = "web", Total = 1 } } });
        table.Apply(new()
        {
            FromRevision = 5,
            Revision = 9,
            Set = { One("shop", "c"), One("shop", "a", InstanceState.Critical) },
            Removed = { new WatchServicesResponse.Types.Removed { Service = "web", Id = "x" } },
            Services = { new ServiceSummary { Name = "shop", Total = 3 }, new ServiceSummary { Name = "web", Total = 0 } },
        });

        var view = table.Full();
        Assert.Equal(9, view.Revision);
        Assert.Equal(["a Critical", "b Passing", "c Passing"], view.Instances.Select(static one => $"{one.Id} {one.State}"));
        Assert.Equal("shop 3", Assert.Single(view.Services.Select(static one => $"{one.Name} {one.Total}")));
    }

    [Fact]
    public void A_configuration_is_followed_from_what_was_known_and_never_from_something_else()
    {
        var table = new ConfigTable();
        var view = new ViewId { Application = "orders", Environment = "dev" };
        table.Asked(new() { Subscribe = new() { Subscription = 3, View = view } });
        EffectiveConfiguration known = new() { Version = "v1", Settings = { new Setting { Key = "A", Value = "1" }, new Setting { Key = "B", Value = "2" } } };
        var delta = new WatchConfigResponse { Subscription = 3, Delta = new() { FromVersion = "v1", Version = "v2", Release = 2, Revision = 8, Set = { new Setting { Key = "C", Value = "3" } }, Removed = { "A" } } };

        Assert.Null(table.Answered(new() { Subscription = 4, Full = known }, _ => null));
        Assert.Null(table.Answered(delta, _ => null));
        Assert.Null(table.Answered(delta, _ => new() { Version = "v0" }));
        var (which, content) = table.Answered(delta, asked => asked.Equals(view) ? known : null)!.Value;
        Assert.Equal((view, "v2", 2L), (which, content.Version, content.Release));
        Assert.Equal(["B=2", "C=3"], content.Settings.Select(static one => $"{one.Key}={one.Value}"));

        table.Asked(new() { Unsubscribe = new() { Subscription = 3 } });
        Assert.Null(table.Answered(new() { Subscription = 3, Full = known }, _ => null));
    }

    private static ServiceInstance One(string service, string id, InstanceState state = InstanceState.Passing) => new() { Service = service, Id = id, State = state };

    private AnswerStore Store() => new(
        new AgentOptions { Name = "a", Endpoints = [], Listen = new(System.Net.IPAddress.Loopback, 0), GossipListen = new(System.Net.IPAddress.Loopback, 0), DataDir = _folder.FullName },
        new AgentLog(NullLogger.Instance));
}
