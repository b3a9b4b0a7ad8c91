using Concord.Client.Balancing;
using Yarp.ReverseProxy.Forwarder;

namespace Concord.Gateway.Proxying;

/// <summary>One request's attempts, as the parts of the proxy that take part in them share it.</summary>
internal sealed class Attempt(RequestReplay replay, RetryBudget budget, int retries)
{
    /// <summary>Answers that say "not here, not now". A 500 may have had an effect and would be the same elsewhere.</summary>
    private static bool IsElsewhereBetter(int status) => status is StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout;

    public int Retries { get; private set; }

    /// <summary>The answer that has just come is dropped, and another instance asked.</summary>
    public bool IsAnswerDropped { get; private set; }

    /// <summary>Asked when the head of an answer is there and nothing of it was passed on.</summary>
    public bool TryDrop(int status)
    {
        IsAnswerDropped = IsElsewhereBetter(status) && replay is { IsIdempotent: true, IsWhole: true } && TryTake();
        return IsAnswerDropped;
    }

    /// <summary>Asked after an attempt. True: make another one, the response is as if nothing had been.</summary>
    public bool TryAgain(HttpContext context, IForwarderErrorFeature? error)
    {
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
            return false;
        if (IsAnswerDropped)
        {
            IsAnswerDropped = false;
            Reset(context);
            return true;
        }

        // Without an error there is an answer, whatever it says; the client's own faults are no better elsewhere.
        if (error is null || !replay.IsWhole || IsClients(error.Error) || !(replay.IsIdempotent || WasNothingSent(error)) || !TryTake())
            return false;
        Reset(context);
        return true;
    }

    /// <summary>What the attempt says about the instance.</summary>
    public static CallOutcome OutcomeOf(HttpContext context, IForwarderErrorFeature? error) => error switch
    {
        null => context.Response.StatusCode >= 500 ? CallOutcome.Failure : CallOutcome.Success,
        _ when IsClients(error.Error) || context.RequestAborted.IsCancellationRequested => CallOutcome.Abandoned,
        _ when WasNothingSent(error) || error.Exception is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => CallOutcome.ConnectionFailure,
        _ => CallOutcome.Failure,
    };

    /// <summary>No connection came about, so the instance has not seen the request.</summary>
    private static bool WasNothingSent(IForwarderErrorFeature error) => error.Exception is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
    };

    private static bool IsClients(ForwarderError error) => error is ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.RequestBodyClient
        or ForwarderError.ResponseBodyCanceled or ForwarderError.ResponseBodyClient or ForwarderError.RequestCreation
        or ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeRequestClient or ForwarderError.UpgradeResponseCanceled or ForwarderError.UpgradeResponseClient
        or ForwarderError.UpgradeActivityTimeout;

    private bool TryTake()
    {
        if (Retries >= retries || !budget.TryWithdraw())
            return false;
        Retries++;
        return true;
    }

    private void Reset(HttpContext context)
    {
        context.Response.Clear();
        context.Features.Set<IForwarderErrorFeature>(null);
        replay.Rewind();
    }
}
