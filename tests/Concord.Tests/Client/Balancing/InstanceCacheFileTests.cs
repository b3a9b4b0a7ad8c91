using Concord.Client.Balancing.Following;
using Concord.Client.Registry;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Tests.Client.Balancing;

public sealed class InstanceCacheFileTests : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"concord-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void What_was_saved_is_loaded()
    {
        var instance = Fleet.Instance("a", 7, "z1", InstanceState.Warning, 12, "2.1", new ServiceEndpoint("http", "::1", 80), new ServiceEndpoint("grpc", "h", 81, "rpc")) with
        {
            Region = "r",
            Tags = ["x"],
            Metadata = new Dictionary<string, string> { ["k"] = "v" },
            Held = true,
            Node = "host-a",
            Persistent = true,
            Reason = "tired",
        };
        File().Save(Fleet.View(instance));

        Assert.True(File().TryLoad(out var view));
        var loaded = Assert.Single(view.Instances);
        Assert.Equal(instance.Endpoints, loaded.Endpoints);
        Assert.Equal(instance.Tags, loaded.Tags);
        Assert.Equal(instance.Metadata, loaded.Metadata);
        Assert.Equal(instance, loaded with { Endpoints = instance.Endpoints, Tags = instance.Tags, Metadata = instance.Metadata });
        Assert.Equal(30, Assert.Single(view.Services).PanicPercent);
    }

    [Fact]
    public void A_damaged_file_and_one_of_another_service_are_passed_over()
    {
        Assert.False(File().TryLoad(out _));
        File().Save(Fleet.View(Fleet.Instance("a")));
        System.IO.File.Copy(File().Path, File("billing").Path);
        Assert.False(File("billing").TryLoad(out _));

        var bytes = System.IO.File.ReadAllBytes(File().Path);
        bytes[^3] ^= 1;
        System.IO.File.WriteAllBytes(File().Path, bytes);
        Assert.False(File().TryLoad(out _));
    }

    [Fact]
    public void Names_of_services_become_names_of_files_inside_of_the_directory()
    {
        var path = File("../../etc/pass wd").Path;

        Assert.Equal(_directory, Path.GetDirectoryName(path));
        Assert.NotEqual(File("a_b").Path, File("a/b").Path);
    }

    private InstanceCacheFile File(string service = Fleet.Service) => new(_directory, service, NullLogger.Instance);
}
