using Microsoft.AspNetCore.Http.Features;

namespace Concord.Gateway.Proxying;

/// <summary>
/// Whether a request can be sent once more. Two questions: may it (is it idempotent, RFC 9110 section 9.2.2), and can it (is its body still there). One whose
/// body was never touched can always; a small body of an idempotent request is kept.
/// </summary>
internal sealed class RequestReplay
{
    /// <summary>A form or a document fits; files do not, and a thousand requests at a time keep 64 MiB at most.</summary>
    private const int KeptBytesMax = 64 * 1024;

    private readonly HttpRequest _request;
    private readonly UntouchedBody? _body;
    private readonly bool _isKept;

    private RequestReplay(HttpRequest request, UntouchedBody? body, bool isKept)
    {
        _request = request;
        _body = body;
        _isKept = isKept;
    }

    public bool IsIdempotent => HttpMethods.IsGet(_request.Method) || HttpMethods.IsHead(_request.Method) || HttpMethods.IsOptions(_request.Method)
        || HttpMethods.IsTrace(_request.Method) || HttpMethods.IsPut(_request.Method) || HttpMethods.IsDelete(_request.Method);

    /// <summary>The body can be sent from its beginning.</summary>
    public bool IsWhole => _isKept || _body is not { IsTouched: true };

    /// <summary>Prepares a request that may need more than one attempt.</summary>
    public static RequestReplay Of(HttpContext context)
    {
        var request = context.Request;
        var features = context.Features;
        if (features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true } || features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true })
            return new(request, null, isKept: false);
        var replay = new RequestReplay(request, null, isKept: true);
        if (replay.IsIdempotent && request.ContentLength is <= KeptBytesMax)
        {
            request.EnableBuffering(KeptBytesMax, KeptBytesMax);
            return replay;
        }

        var body = new UntouchedBody(request.Body);
        request.Body = body;
        return new(request, body, isKept: false);
    }

    /// <summary>Before the next attempt.</summary>
    public void Rewind()
    {
        if (_isKept)
            _request.Body.Position = 0;
    }
}
