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
        try
        {
            // The first call connects; the second one shows what a call takes from then on.
            var members = await client.Cluster.ListMembersAsync(stop);
            var started = Stopwatch.GetTimestamp();
            var status = await client.Cluster.GetStatusAsync(stop);
            return new(endpoint, status, members, Stopwatch.GetElapsedTime(started), Problem: null);
        }
        catch (ConcordException exception)
        {
            return new(endpoint, null, [], TimeSpan.Zero, exception.Message);
        }
    }
}
