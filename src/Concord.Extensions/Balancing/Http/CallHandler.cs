namespace Concord.Extensions.Balancing.Http;

/// <summary>Around all retries and hedges: one call, whatever attempts are made for it.</summary>
internal sealed class CallHandler : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var attempts = new CallAttempts();
        request.Options.Set(CallAttempts.Option, attempts);
        try
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (RetryRefusedException refused)
        {
            throw new HttpRequestException(
                $"{refused.Message} The last attempt ended with: {attempts.LastFailure ?? "no answer"}", attempts.LastError ?? refused, attempts.LastStatus);
        }
    }
}
