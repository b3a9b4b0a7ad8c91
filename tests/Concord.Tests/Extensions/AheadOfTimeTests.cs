using System.Diagnostics;
using System.Xml.Linq;
using Concord.Tests.Client;
using Concord.Tests.Rules;

namespace Concord.Tests.Extensions;

/// <summary>
/// The client and the extensions, whole (every member is a root), compiled ahead of time: no analysis warning, and the
/// program works. Takes a minute and the compiler's package, so it runs only when the long tests are asked for.
/// </summary>
public sealed class AheadOfTimeTests : IDisposable
{
    private static readonly string[] Assemblies = ["Concord.Protocol", "Concord.Client", "Concord.Extensions"];

    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"concord-aot-{Guid.NewGuid():N}");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Everything_compiles_without_a_warning_and_works()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CONCORD_LONG") == "1", "Set CONCORD_LONG=1 to run.");
        Directory.CreateDirectory(_directory);
        await File.WriteAllTextAsync(Path.Combine(_directory, "Aot.csproj"), Project(), Stop);
        await File.WriteAllTextAsync(Path.Combine(_directory, "Program.cs"), Program, Stop);

        var (published, output) = await RunAsync("dotnet", $"publish -c Release -o \"{_directory}/out\" -v quiet");
        Assert.True(published == 0, output);
        Assert.DoesNotContain("warning", output, StringComparison.Ordinal);

        await using var server = await FakeConfigServer.StartAsync(("Greeting:Text", "hello"), ("Greeting:Times", "1"));
        var running = RunAsync(Path.Combine(_directory, "out", "Aot"), server.Endpoint.ToString());
        await server.NextReportAsync();
        server.Publish(("Greeting:Text", "hello"), ("Greeting:Times", "99"));
        await server.NextAsync(request => request.Report is { Reason.Length: > 0 });
        server.Publish(("Greeting:Text", "goodbye"), ("Greeting:Times", "2"));
        var (ended, said) = await running;

        Assert.True(ended == 0, said);
        Assert.Equal(["hello 1", "goodbye 2"], said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    /// <summary>Outside the repository's own build, so that no lock file and no output of it is touched.</summary>
    private static string Project()
    {
        var central = XDocument.Load(Repository.PathOf("Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(package => (string)package.Attribute("Include")!, package => (string)package.Attribute("Version")!);
        var packages = Assemblies
            .SelectMany(assembly => XDocument.Load(Repository.PathOf($"src/{assembly}/{assembly}.csproj")).Descendants("PackageReference"))
            .Where(package => package.Attribute("PrivateAssets") is null)
            .Select(package => (string)package.Attribute("Include")!)
            .Distinct();
        var hosting = new XElement(
            "PackageReference",
            new XAttribute("Include", "Microsoft.Extensions.Hosting"),
            new XAttribute("Version", central["Microsoft.Extensions.Hosting.Abstractions"]));
        return new XElement(
            "Project",
            new XAttribute("Sdk", "Microsoft.NET.Sdk"),
            new XElement(
                "PropertyGroup",
                new XElement("OutputType", "Exe"),
                new XElement("TargetFramework", "net10.0"),
                new XElement("ImplicitUsings", "enable"),
                new XElement("Nullable", "enable"),
                new XElement("PublishAot", "true"),
                new XElement("InvariantGlobalization", "true"),
                new XElement("EnableConfigurationBindingGenerator", "true"),
                new XElement("TrimmerSingleWarn", "false")),
            new XElement(
                "ItemGroup",
                Assemblies.Select(assembly => new XElement(
                    "Reference", new XAttribute("Include", Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll")))),
                Assemblies.Select(assembly => new XElement("TrimmerRootAssembly", new XAttribute("Include", assembly))),
                packages.Select(package => new XElement(
                    "PackageReference", new XAttribute("Include", package), new XAttribute("Version", central[package]))),
                hosting))
            .ToString();
    }

    private const string Program =
        """
        using Microsoft.Extensions.Configuration;
        using Microsoft.Extensions.DependencyInjection;
        using Microsoft.Extensions.Hosting;
        using Microsoft.Extensions.Options;

        var builder = Host.CreateEmptyApplicationBuilder(new() { ApplicationName = "greeter", EnvironmentName = "Development" });
        builder.AddConcord(options =>
        {
            options.Endpoints.Add(args[0]);
            options.Cache.Enabled = false;
        });
        builder.Services.AddOptions<Greeting>().BindConfiguration("Greeting")
            .Validate(greeting => greeting.Times < 10, "Too often.").ValidateOnStart();
        using var host = builder.Build();
        var monitor = host.Services.GetRequiredService<IOptionsMonitor<Greeting>>();
        var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        monitor.OnChange(_ => changed.TrySetResult());
        Console.WriteLine($"{monitor.CurrentValue.Text} {monitor.CurrentValue.Times}");
        await host.StartAsync();
        await changed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Console.WriteLine($"{monitor.CurrentValue.Text} {monitor.CurrentValue.Times}");
        await host.StopAsync();

        public sealed class Greeting
        {
            public string Text { get; set; } = "";

            public int Times { get; set; }
        }
        """;

    private async Task<(int ExitCode, string Output)> RunAsync(string program, string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Stop), process.StandardError.ReadToEndAsync(Stop));
        await process.WaitForExitAsync(Stop);
        return (process.ExitCode, await output + await error);
    }
}
