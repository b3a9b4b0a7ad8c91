using Concord.Client;
using Concord.Extensions;
using Concord.Extensions.Following;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Concord.Tests.Extensions;

/// <summary>A place for last known good files of one test, and hosts and configurations that use it.</summary>
internal sealed class TestHost : IDisposable
{
    // A delegate of its own per test keeps its clients apart from those of other tests.
    private readonly Func<ConcordClientOptions, ConcordClientOptions> _quick;

    public TestHost()
    {
        _quick = options => options with
        {
            BackoffMin = TimeSpan.FromMilliseconds(5),
            BackoffMax = TimeSpan.FromMilliseconds(50 + Directory.Length),
            SpreadOverEndpoints = false,
        };
    }

    public string Directory { get; } = Path.Combine(Path.GetTempPath(), $"concord-{Guid.NewGuid():N}");

    /// <summary>The last known good file, if there is one.</summary>
    public string? File => System.IO.Directory.Exists(Directory) ? System.IO.Directory.GetFiles(Directory, "*.lkg").SingleOrDefault() : null;

    public void Configure(ConcordConfigurationOptions options, Uri endpoint)
    {
        options.Endpoints.Add(endpoint.ToString());
        options.Application = "orders";
        options.Environment = "dev";
        options.Cache.Directory = Directory;
        options.ConfigureClient = _quick;
    }

    public HostApplicationBuilder Builder(Uri endpoint, Action<ConcordConfigurationOptions>? more = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings
        {
            ApplicationName = "Orders",
            EnvironmentName = "Development",
        });
        builder.AddConcord(options =>
        {
            Configure(options, endpoint);
            more?.Invoke(options);
        });
        return builder;
    }

    public ConfigurationManager Manager(Uri endpoint, Action<ConcordConfigurationOptions>? more = null)
    {
        var manager = new ConfigurationManager();
        ((IConfigurationBuilder)manager).AddConcord(options =>
        {
            Configure(options, endpoint);
            more?.Invoke(options);
        });
        return manager;
    }

    public static ConfigFollower FollowerOf(IConfigurationRoot root) =>
        root.Providers.OfType<ConcordConfigurationProvider>().Last().Follower!;

    public void Dispose()
    {
        // A follower that has just been released may still be writing its file.
        for (var attempts = 1; System.IO.Directory.Exists(Directory); attempts++)
        {
            try
            {
                System.IO.Directory.Delete(Directory, recursive: true);
            }
            catch (IOException) when (attempts < 1000)
            {
                Thread.Yield();
            }
        }
    }
}
