using Concord.Extensions.Following;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Concord.Extensions.Live;

/// <summary>
/// Ties the configuration to the host's life: hands over the logger before anything starts, and confirms the
/// configuration after everything has started with it.
/// </summary>
internal sealed class ConfirmationService(OptionsJudge judge, ILoggerFactory loggers) : IHostedLifecycleService, IDisposable
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        FollowerPool.Log.AttachTo(loggers);
        judge.Attach(again: true);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (var follower in judge.Followers)
            follower.Confirm();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => FollowerPool.Log.DetachFrom(loggers);
}
