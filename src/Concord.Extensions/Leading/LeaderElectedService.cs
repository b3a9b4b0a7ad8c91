using System.Diagnostics.CodeAnalysis;
using Concord.Client;
using Concord.Client.Coordination;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Concord.Extensions.Leading;

/// <summary>Campaigns as long as the host runs, and runs a new instance of the service for each term.</summary>
internal sealed class LeaderElectedService<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TService>(
    IServiceScopeFactory scopes, ConcordClient client, string name, LeaderElectedOptions options, ILogger log)
    : BackgroundService
    where TService : class, IHostedService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var leadership = await client.Elections.CampaignAsync(
                    name, options.Value, new() { Ttl = options.Ttl }, stoppingToken).ConfigureAwait(false);
                await using var ending = leadership.ConfigureAwait(false);
                ExtensionsLog.LeaderElected(log, name, leadership.FencingToken);
                await LeadAsync(leadership, stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (ConcordException error)
            {
                // Whatever it is: as long as the host runs, this instance stands ready.
                ExtensionsLog.CampaignFailed(log, name, error.Message);
                var wait = client.Options.BackoffMax * (0.5 + (Random.Shared.NextDouble() / 2));
                await Task.Delay(wait, client.Options.TimeProvider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task LeadAsync(Leadership leadership, CancellationToken stop)
    {
        var scope = scopes.CreateAsyncScope();
        await using var ending = scope.ConfigureAwait(false);
        scope.ServiceProvider.GetRequiredService<LeaderTerm>().Leadership = leadership;
        var service = ActivatorUtilities.CreateInstance<TService>(scope.ServiceProvider);
        try
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, leadership.Lost);
            await service.StartAsync(end.Token).ConfigureAwait(false);

            // A service that fails ends this one in the same way, and the host does what it does then. One that is done stays the
            // leader: its work is not to be begun again elsewhere.
            var running = (service as BackgroundService)?.ExecuteTask ?? Task.CompletedTask;
            await running.WaitAsync(end.Token).ConfigureAwait(false);
            await Task.Delay(Timeout.InfiniteTimeSpan, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (leadership.Lost.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            ExtensionsLog.LeadershipLost(log, name, leadership.LostReason?.Message ?? "");
        }
        finally
        {
            await StopAsync(service, leadership, stop).ConfigureAwait(false);
        }
    }

    private async Task StopAsync(TService service, Leadership leadership, CancellationToken stop)
    {
        // When the host stops, the leadership is kept until the service has stopped. When it is lost there is the margin.
        using var patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, client.Options.TimeProvider);
        if (!stop.IsCancellationRequested)
            patience.CancelAfter(leadership.Margin);
        await service.StopAsync(patience.Token).ConfigureAwait(false);
        if (service is BackgroundService { ExecuteTask: { IsCompleted: false } running })
        {
            // Another instance may lead now. This one does not campaign before it is really done.
            ExtensionsLog.LeaderDoesNotStop(log, name, typeof(TService).Name, leadership.Margin);
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (service is IAsyncDisposable asynchronous)
            await asynchronous.DisposeAsync().ConfigureAwait(false);
        else
            (service as IDisposable)?.Dispose();
    }
}
