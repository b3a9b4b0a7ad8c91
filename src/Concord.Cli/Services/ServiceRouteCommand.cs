using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Configs;
using Concord.Client.Registry;
using Concord.Client.Routing;
using Concord.Routing;

namespace Concord.Cli.Services;

/// <summary>The published rules laid over the instances there are: what a caller in a place makes of both.</summary>
internal sealed class ServiceRouteCommand : CliCommand
{
    private readonly Argument<string> _service = ServiceArguments.Service();
    private readonly Option<string> _environment = new("--environment") { HelpName = "ENV", Description = "Whose rules: routing/ENV. Default: prod", DefaultValueFactory = _ => "prod" };
    private readonly Option<string?> _zone = new("--zone") { HelpName = "ZONE", Description = "Where the caller is, for own-zone" };
    private readonly Option<string?> _region = new("--region") { HelpName = "REGION", Description = "Where the caller is, for own-region" };

    public ServiceRouteCommand()
        : base("route", "Show how calls are shared out: the published rules over the instances that there are.")
    {
        Add(_service);
        Add(_environment);
        Add(_zone);
        Add(_region);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["concord service route shop", "concord service route shop --environment dev --zone eu-1 --region eu -o json"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var service = call.Get(_service);
        var snapshot = await call.Client.Configs.GetEffectiveAsync(
            new ConfigurationView(TrafficDocuments.RoutingApplication, call.Get(_environment)!) { Names = [TrafficDocuments.AllServices, service] }, cancellationToken: stop);
        var (rules, faults) = TrafficDocuments.ReadRules(DocumentNode.FromSettings(snapshot.Settings));
        if (faults.Count > 0)
            throw new CommandException(ExitCode.Failure, $"Callers refuse release {snapshot.Release} of the routing: {faults[0].Message}", faults[0].Remedy);
        var instances = (await call.Client.Registry.ListInstancesAsync(InstanceFilter.Of(service), stop)).Instances;
        var callable = instances.Where(one => one.Weight > 0 && one.State is InstanceState.Passing or InstanceState.Warning or InstanceState.Critical).ToList();
        var plan = RuleRouting.Plan(rules, new(call.Get(_zone) ?? "", call.Get(_region) ?? ""), callable);
        var answer = ServiceRouteJson.Of(service, snapshot.Release, rules, plan);
        if (call.WantsJson)
            call.WriteJson(answer, OutputJson.Pretty.ServiceRouteJson);
        else
            Write(call, answer, callable.Count);
        return ExitCode.Ok;
    }

    private static void Write(Invocation call, ServiceRouteJson answer, int callable)
    {
        var rest = callable - answer.Shares.Sum(share => share.Steps.Sum(step => step.Instances.Count));
        var table = new TableView(new("SHARE"), new("PERCENT", Right: true), new("STEP"), new("HEALTHY", Right: true), new("INSTANCES"));
        foreach (var share in answer.Shares)
        {
            foreach (var (index, step) in share.Steps.Index())
            {
                table.Row(
                    Ink.Strong(index > 0 ? "" : share.Name.Length > 0 ? Visible.Of(share.Name) : "all"), index > 0 ? "" : FormattableString.Invariant($"{share.Percent:0.##}"),
                    Visible.Of(step.Step), $"{step.Healthy} of {step.Instances.Count}", Visible.Of(string.Join(' ', step.Instances)));
            }
        }

        call.Screen.Table(table);
        call.Screen.Line(Ink.Dim(answer.Release == 0 ? "No rules are published." : $"Rules of release {answer.Release}; shares by {answer.SplitBy}."));
        if (rest > 0)
            call.Screen.Line($"{rest} of {callable} instances get nothing{(answer.Maintenance.Count > 0 ? $"; in maintenance: {Visible.Of(string.Join(", ", answer.Maintenance.Select(zone => $"{zone.Key} ({zone.Value})")))}" : "")}.");
    }
}
