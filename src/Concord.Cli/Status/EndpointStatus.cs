using System.Diagnostics;
using Concord.Client;
using Concord.Client.Cluster;

namespace Concord.Cli.Status;

/// <summary>What one endpoint answered, or why it did not.</summary>
internal sealed record EndpointStatus(Uri Endpoint, MemberStatus? Status, IReadOnlyList<Member> Members, TimeSpan Took, string? Problem)
{
    public static async Task<EndpointStatus> AskAsync(Invocation call, Uri endpoint, CancellationToken stop)
    {
        await using var client = call.Connect([endpoint]);
        var started = Stopwatch.GetTimestamp();
        try
        {
            var status = await client.Cluster.GetStatusAsync(stop);
            var took = Stopwatch.GetElapsedTime(started);
            return new(endpoint, status, await client.Cluster.ListMembersAsync(stop), took, Problem: null);
        }
        catch (ConcordException exception)
        {
            return new(endpoint, null, [], Stopwatch.GetElapsedTime(started), exception.Message);
        }
    }
}
