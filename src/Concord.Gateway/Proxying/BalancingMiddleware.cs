using Concord.Client.Balancing;
using Concord.Gateway.Routes;
using Concord.Gateway.Telemetry;
using Microsoft.AspNetCore.Http.Timeouts;
using Yarp.ReverseProxy.Forwarder;

namespace Concord.Gateway.Proxying;

/// <summary>
/// Chooses the instance of each attempt and makes further attempts. In the place of the proxy's own load balancing, because that is not asked when there is one
/// destination only, which may be in maintenance all the same, and hears nothing of how a request ended.
/// </summary>
internal sealed class BalancingMiddleware(RequestDelegate next, RouteBook routes, GatewayTelemetry telemetry, TimeProvider time, ILogger<BalancingMiddleware> log)
{
    /// <summary>How long a request waits when its route is so new that its instances are not known yet.</summary>
    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(2);

    public async Task InvokeAsync(HttpContext context)
    {
        var started = time.GetTimestamp();
        if (routes.Find(context.GetRouteModel().Config.RouteId) is not { } entry)
        {
            await Problem.WriteAsync(context, StatusCodes.Status404NotFound, "The route was just taken away.").ConfigureAwait(false);
            return;
        }

        if (entry.Limiter is { } limiter)
        {
            using var lease = limiter.AttemptAcquire();
            if (!lease.IsAcquired)
            {
                context.Response.Headers.RetryAfter = $"{Math.Max(1, (int)Math.Ceiling(entry.Route.RateLimit!.Per.TotalSeconds))}";
                await Problem.WriteAsync(context, StatusCodes.Status429TooManyRequests, "Too many requests; try again later.").ConfigureAwait(false);
                telemetry.Ended(entry, context, time.GetElapsedTime(started));
                return;
            }
        }

        if (!entry.Backend.Ready.IsCompleted)
            await entry.Backend.Ready.WaitAsync(ReadyPatience, time, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await SendAsync(context, entry).ConfigureAwait(false);
            if (!context.Response.HasStarted && context.Features.Get<IHttpRequestTimeoutFeature>() is { RequestTimeoutToken.IsCancellationRequested: true })
            {
                context.Response.Clear();
                await Problem.WriteAsync(context, StatusCodes.Status504GatewayTimeout, $"'{entry.Route.Service}' did not answer in time.").ConfigureAwait(false);
            }
        }
        finally
        {
            telemetry.Ended(entry, context, time.GetElapsedTime(started));
        }
    }

    private async Task SendAsync(HttpContext context, RouteEntry entry)
    {
        var pool = entry.Backend.Pool;
        pool.RetryBudget.Deposit();
        var attempt = new Attempt(RequestReplay.Of(context), pool.RetryBudget, entry.Route.Retries.Attempts);
        context.Features.Set(attempt);
        var selection = new SelectionContext { Key = SplitKeyOf.Request(context, entry.Backend.SplitBy, entry.Route.Service) };
        List<PoolEndpoint>? tried = null;
        while (true)
        {
            if (!pool.TryPick(selection, out var pick))
            {
                GatewayLog.NoInstance(log, entry.Route.Name, entry.Route.Service);
                await Problem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, $"No instance of '{entry.Route.Service}' can be called.").ConfigureAwait(false);
                return;
            }

            var outcome = CallOutcome.Failure;
            IForwarderErrorFeature? error;
            try
            {
                context.GetReverseProxyFeature().AvailableDestinations = entry.Backend.DestinationOf(pick.Endpoint);
                await next(context).ConfigureAwait(false);
                error = context.Features.Get<IForwarderErrorFeature>();
                outcome = Attempt.OutcomeOf(context, error);
            }
            finally
            {
                pick.Complete(outcome);
            }

            var reason = error?.Error.ToString() ?? $"status {context.Response.StatusCode}";
            if (!attempt.TryAgain(context, error))
            {
                if (error is not null && outcome != CallOutcome.Abandoned)
                    GatewayLog.Failed(log, entry.Route.Name, pick.Endpoint.Instance.Id, attempt.Retries + 1, $"{reason}: {error.Exception?.Message}");
                return;
            }

            GatewayLog.Retried(log, entry.Route.Name, attempt.Retries, pick.Endpoint.Instance.Id, reason);
            telemetry.Retried(entry, error is null ? "status" : outcome == CallOutcome.ConnectionFailure ? "connection" : "failure");
            (tried ??= []).Add(pick.Endpoint);
            selection = selection with { Avoid = tried };
        }
    }
}
