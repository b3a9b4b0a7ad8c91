using System.Globalization;
using Concord.Cli.Output;
using Concord.Cli.Status;
using Concord.Client;
using Concord.Client.Cluster;

namespace Concord.Cli.Cluster;

internal sealed class ClusterStatusCommand : CliCommand
{
    public ClusterStatusCommand()
        : base("status", "Ask every member how it does, whichever endpoints are given, and say how many more may fail. Ends with 5 unless all are healthy.") =>
        Add(OutputOption.TableOrJson());

    public override IReadOnlyList<string> Examples { get; } = ["concord cluster status", "concord cluster status --endpoints http://10.0.0.1:2379"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var members = await MembersAsync(call, stop);
        var asked = await Task.WhenAll(members.Select(member => AskAsync(call, member, stop)));
        var health = ClusterHealth.Of(asked);
        if (call.WantsJson)
            call.WriteJson(health, OutputJson.Pretty.ClusterHealth);
        else
            Write(call.Screen, health);
        return health.Healthy ? ExitCode.Ok : ExitCode.Unavailable;
    }

    /// <summary>As agreed on; without a leader as any member that answers knows them.</summary>
    private static async Task<IReadOnlyList<Member>> MembersAsync(Invocation call, CancellationToken stop)
    {
        try
        {
            return (await call.Client.Cluster.GetMembershipAsync(stop)).Members;
        }
        catch (ConcordException)
        {
            foreach (var endpoint in call.Endpoints)
            {
                var known = await EndpointStatus.AskAsync(call, endpoint, stop);
                if (known.Members.Count > 0)
                    return known.Members;
            }

            throw;
        }
    }

    private static async Task<(Member Member, EndpointStatus? Status)> AskAsync(Invocation call, Member member, CancellationToken stop)
    {
        EndpointStatus? status = null;
        foreach (var url in member.ClientUrls)
        {
            status = await EndpointStatus.AskAsync(call, new(url), stop);
            if (status.Status is not null)
                break;
        }

        return (member, status);
    }

    private static void Write(Screen screen, ClusterHealth health)
    {
        var table = new TableView(
            new("MEMBER"), new("STATE", KeepWidth: true), new("ROLE", KeepWidth: true), new("CLIENTS REACH IT AT"),
            new("REVISION", KeepWidth: true, Right: true), new("BEHIND", KeepWidth: true, Right: true),
            new("TERM", KeepWidth: true, Right: true, Dispensable: true), new("SIZE", KeepWidth: true, Right: true, Dispensable: true));
        foreach (var member in health.Members)
        {
            table.Row(
                Ink.Strong(member.Name ?? member.Id),
                new Ink(member.State, member.State == "healthy" ? Palette.Added : Palette.Problem),
                member.IsLeader ? "leader" : member.Role,
                member.ClientUrls.Count == 0 ? "-" : string.Join(',', member.ClientUrls),
                member.Revision?.ToString(CultureInfo.InvariantCulture) ?? "-",
                member.EntriesBehind?.ToString(CultureInfo.InvariantCulture) ?? "-",
                member.Term?.ToString(CultureInfo.InvariantCulture) ?? "-",
                member.SizeBytes is { } bytes ? ByteSize.Of(bytes) : "-");
        }

        screen.Table(table);
        foreach (var member in health.Members)
        {
            foreach (var problem in member.Problems ?? [])
                screen.Line($"{member.Name ?? member.Id}: ", new Ink(Visible.Of(problem), Palette.Problem));
        }

        screen.Line(health.MoreMayFail switch
        {
            < 0 => new Ink($"{health.HealthyVoters} of {health.Voters} voters are healthy, {health.Majority} are needed: nothing can be written", Palette.Problem),
            0 => new Ink($"{health.HealthyVoters} of {health.Voters} voters are healthy; none may fail", Palette.Warning),
            _ => new Ink($"{health.HealthyVoters} of {health.Voters} voters are healthy; {health.MoreMayFail} may fail"),
        });
    }
}
