using Concord.Cli.Output;

namespace Concord.Cli.Status;

internal sealed class StatusCommand : CliCommand
{
    public StatusCommand()
        : base("status", "Ask every endpoint how it does. Ends with 5 unless all are healthy.") => Add(OutputOption.TableOrJson());

    public override IReadOnlyList<string> Examples { get; } =
        ["concord status", "concord status --endpoints http://10.0.0.1:2379,http://10.0.0.2:2379,http://10.0.0.3:2379"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var asked = await Task.WhenAll(call.Endpoints.Select(endpoint => EndpointStatus.AskAsync(call, endpoint, stop)));
        var status = ClusterStatus.Of(asked);
        if (call.WantsJson)
            call.WriteJson(status, OutputJson.Pretty.ClusterStatus);
        else
            Write(call.Screen, status);
        return status.Healthy ? ExitCode.Ok : ExitCode.Unavailable;
    }

    private static void Write(Screen screen, ClusterStatus status)
    {
        var table = new TableView(
            new("ENDPOINT"), new("STATE", KeepWidth: true), new("MEMBER"), new("ROLE"),
            new("VERSION", KeepWidth: true, Dispensable: true), new("REVISION", KeepWidth: true, Right: true),
            new("TERM", KeepWidth: true, Right: true, Dispensable: true), new("SIZE", KeepWidth: true, Right: true),
            new("TOOK", KeepWidth: true, Right: true, Dispensable: true));
        foreach (var one in status.Endpoints)
        {
            table.Row(
                Ink.Strong(one.Endpoint),
                new Ink(one.State, one.State == "healthy" ? Palette.Added : Palette.Problem),
                one.Member ?? "-",
                RoleOf(one),
                one.Version ?? "-",
                one.Revision?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-",
                one.Term?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-",
                one.SizeBytes is { } bytes ? ByteSize.Of(bytes) : "-",
                one.TookMilliseconds is { } took ? FormattableString.Invariant($"{took:0.0} ms") : "-");
        }

        screen.Table(table);
        foreach (var one in status.Endpoints)
        {
            foreach (var problem in one.Problems ?? [])
                screen.Line(one.State == "unreachable" ? "" : $"{one.Endpoint}: ", new Ink(Visible.Of(problem), Palette.Problem));
        }

        if (status.Endpoints.All(one => one.State == "unreachable"))
            screen.Line(Ink.Dim("Is the server running? Start one with 'concord-server --dev', or name others with --endpoints or CONCORD_ENDPOINTS."));
    }

    private static string RoleOf(EndpointJson one) => one switch
    {
        { State: "unreachable" } => "-",
        { IsLeader: true } => "leader",
        { Leader: null } => "no leader",
        { IsLearner: true } => $"learns from {one.Leader}",
        _ => $"follows {one.Leader}",
    };
}
