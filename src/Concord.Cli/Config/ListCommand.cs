using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

/// <summary>The JSON form of a list of applications.</summary>
internal sealed record ApplicationList(IReadOnlyList<ApplicationSummary> Applications);

/// <summary>The JSON form of a list of configurations.</summary>
internal sealed record ConfigurationList(IReadOnlyList<ConfigurationSummary> Configurations);

internal sealed class ListCommand : CliCommand
{
    private readonly Argument<Scope> _scope = ConfigArguments.Scope();

    public ListCommand()
        : base("list", "List applications, or the configurations of one.")
    {
        Add(_scope);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord config list", "concord config list orders", "concord config list orders/prod -o json"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var scope = call.GetOptional(_scope);
        if (scope.Application is null)
            WriteApplications(call, await call.Client.Configs.ListApplicationsAsync(stop));
        else
            WriteConfigurations(call, await call.Client.Configs.ListConfigurationsAsync(scope.Application, scope.Environment, stop));
        return ExitCode.Ok;
    }

    private static void WriteApplications(Invocation call, IReadOnlyList<ApplicationSummary> applications)
    {
        if (call.WantsJson)
        {
            call.WriteJson(new ApplicationList(applications), OutputJson.Pretty.ApplicationList);
            return;
        }

        if (applications.Count == 0)
        {
            call.Screen.Line("No applications yet.");
            call.Screen.Hint("Make one:  concord config put orders/dev greeting=hello");
            return;
        }

        var table = new TableView(
            new("APPLICATION"), new("ENVIRONMENT"), new("RELEASE", KeepWidth: true, Right: true),
            new("CONFIGURATIONS", KeepWidth: true, Right: true), new("DRAFTS", KeepWidth: true, Right: true));
        foreach (var application in applications)
        {
            foreach (var environment in application.Environments)
            {
                table.Row(
                    Ink.Strong(application.Name),
                    environment.Name,
                    Number(environment.Release),
                    $"{environment.Configurations}",
                    environment.Drafts > 0 ? new Ink($"{environment.Drafts}", Palette.Changed) : Ink.Dim("-"));
            }
        }

        call.Screen.Table(table);
    }

    private static void WriteConfigurations(Invocation call, IReadOnlyList<ConfigurationSummary> configurations)
    {
        if (call.WantsJson)
        {
            call.WriteJson(new ConfigurationList(configurations), OutputJson.Pretty.ConfigurationList);
            return;
        }

        if (configurations.Count == 0)
        {
            call.Screen.Line("No configurations.");
            return;
        }

        var table = new TableView(
            new("CONFIGURATION"), new("FORMAT", KeepWidth: true), new("RELEASE", KeepWidth: true, Right: true),
            new("SIZE", KeepWidth: true, Right: true), new("DRAFT", KeepWidth: true));
        foreach (var configuration in configurations)
        {
            table.Row(
                Ink.Strong(configuration.Path.ToString()),
                DocumentFormats.NameOf(configuration.Format),
                Number(configuration.Release),
                ByteSize.Of(configuration.SizeBytes),
                configuration.HasDraft ? new Ink("yes", Palette.Changed) : Ink.Dim("-"));
        }

        call.Screen.Table(table);
    }

    private static Ink Number(long release) => release == 0 ? Ink.Dim("-") : $"{release}";
}
