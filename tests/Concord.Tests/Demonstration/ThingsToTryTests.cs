using Concord.Server.Demonstration;

namespace Concord.Tests.Demonstration;

public sealed class ThingsToTryTests : IDisposable
{
    private static readonly Uri Address = new("http://localhost:2379");

    private readonly DirectoryInfo _clone = Directory.CreateTempSubdirectory("concord-clone-");

    public void Dispose() => _clone.Delete(recursive: true);

    [Fact]
    public void In_a_clone_the_tool_is_run_from_its_source_though_the_process_runs_in_a_project()
    {
        _clone.CreateSubdirectory("src/Concord.Cli");
        var project = _clone.CreateSubdirectory("src/Concord.Server").FullName;

        Assert.Contains(" dotnet run --project src/Concord.Cli -- config explain", ThingsToTry.For(Address, project, _clone.FullName), StringComparison.Ordinal);
        Assert.Contains($" dotnet run --project {_clone.FullName}/src/Concord.Cli -- config explain", ThingsToTry.For(Address, project, "/elsewhere"), StringComparison.Ordinal);
    }

    [Fact]
    public void Elsewhere_the_tool_is_on_the_path_and_another_port_is_named()
    {
        var text = ThingsToTry.For(new("http://localhost:4001"), _clone.FullName, _clone.FullName);

        Assert.Contains(" concord config explain orders/dev --endpoints http://localhost:4001", text, StringComparison.Ordinal);
        Assert.DoesNotContain("samples/Orders", text, StringComparison.Ordinal);
    }
}
