using Concord.Client.Balancing;
using Concord.Client.Balancing.Following;

namespace Concord.Extensions.Balancing.Http;

/// <summary>
/// Inside of all retries and hedges: chooses the instance for one attempt, sends it there and tells the pool how it ended. The call counts as under way until
/// the answer's head is there; how long its body takes is not the instance's doing alone.
/// </summary>
internal sealed class AttemptHandler(ServiceDirectory directory, ConcordHttpBalancingOptions options) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.RequestUri is { IsAbsoluteUri: true } address && options.Target(address) is { } target
            ? SendAsync(request, address, target, cancellationToken)
            : base.SendAsync(request, cancellationToken);

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, Uri address, PoolTarget target, CancellationToken cancellationToken)
    {
        var pool = await directory.GetFilledAsync(target, cancellationToken).ConfigureAwait(false);
        var attempts = request.Options.TryGetValue(CallAttempts.Option, out var shared) ? shared : new CallAttempts();
        var (isAllowed, isHedge) = attempts.TryBegin(pool.RetryBudget);
        if (!isAllowed)
        {
            BalancingRefusals.Add(target.Service);
            // A hedge that is not made must leave the attempt that is under way alone, so it fails as any attempt may. A retry that is not made
            // is the end of the call.
            var refused = new RetryRefusedException(target.Service);
            throw isHedge ? new HttpRequestException(refused.Message, refused) : refused;
        }

        var (failure, fault, status) = ((string?)"no answer", (Exception?)null, (System.Net.HttpStatusCode?)null);
        try
        {
            var context = new SelectionContext
            {
                Key = BalancedRequests.KeyOf(request) ?? options.Key?.Invoke(request) ?? CallSplitKey.Of(request, pool),
                Split = options.Split?.Invoke(request),
                Avoid = attempts.Tried,
            };
            if (!pool.TryPick(context, out var pick))
                throw new HttpRequestException(HttpRequestError.NameResolutionError, Missing(target, pool));
            attempts.Goes(pick.Endpoint);
            BalancedRequests.SetEndpoint(request, pick.Endpoint);
            var outcome = CallOutcome.Failure;
            try
            {
                Direct(request, address, target, pick.Endpoint);
                var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
                status = response.StatusCode;
                outcome = (int)response.StatusCode >= 500 ? CallOutcome.Failure : CallOutcome.Success;
                failure = outcome == CallOutcome.Success ? null : $"{(int)response.StatusCode} of {pick.Endpoint}";
                return response;
            }
            catch (Exception error)
            {
                outcome = OutcomeOf(error);
                (failure, fault) = ($"{error.Message} ({pick.Endpoint})", error);
                throw;
            }
            finally
            {
                pick.Complete(outcome);
                // The same request may be sent again, and has to mean the service then.
                request.RequestUri = address;
            }
        }
        finally
        {
            attempts.End(failure, fault, status);
        }
    }

    private void Direct(HttpRequestMessage request, Uri address, PoolTarget target, PoolEndpoint endpoint)
    {
        // gRPC or other names of what is HTTP: the request's own scheme, of several the last one, which is the plainest.
        var scheme = endpoint.Address.Scheme is "http" or "https" ? endpoint.Address.Scheme : address.Scheme[(address.Scheme.LastIndexOf('+') + 1)..];
        request.RequestUri = new UriBuilder(address) { Scheme = scheme, Host = endpoint.Address.Host, Port = endpoint.Address.Port }.Uri;
        if (options.UseServiceNameAsHost)
            request.Headers.Host ??= target.Service;
    }

    private static CallOutcome OutcomeOf(Exception error) => error switch
    {
        OperationCanceledException => CallOutcome.Abandoned,
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
            or HttpRequestError.ProxyTunnelError,
        } => CallOutcome.ConnectionFailure,
        _ => CallOutcome.Failure,
    };

    private static string Missing(PoolTarget target, EndpointPool pool)
    {
        if (!pool.Filled.IsCompleted)
            return $"It is not known yet who '{target.Service}' is: no server answered, and there is no last known good file.";
        var what = target.EndpointName is { } name ? $" with an endpoint '{name}'" : "";
        var schemes = target.Schemes.Length > 0 ? $" for {target.Schemes.Replace("+", " or ", StringComparison.Ordinal)}" : "";
        return $"No instance of '{target.Service}'{what}{schemes} may be called ({pool.Endpoints.Count} known). 'concord service show {target.Service}' says how they do.";
    }
}
