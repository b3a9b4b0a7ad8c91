namespace Concord.Extensions.Balancing.Http;

/// <summary>
/// The retry budget is used up. No <see cref="HttpRequestException"/>, so that retry strategies do not take it for a reason to try once more; the
/// <see cref="CallHandler"/> around them makes one of it for whoever called.
/// </summary>
internal sealed class RetryRefusedException(string service) : Exception($"The retry budget for '{service}' is used up.")
{
    public string Service { get; } = service;
}
