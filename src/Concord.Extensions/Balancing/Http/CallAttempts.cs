using Concord.Client.Balancing;

namespace Concord.Extensions.Balancing.Http;

/// <summary>What is known of one call over all its attempts, which may run side by side (hedging) on copies of the request.</summary>
internal sealed class CallAttempts
{
    public static readonly HttpRequestOptionsKey<CallAttempts> Option = new("Concord.Balancing.Attempts");

    private readonly Lock _gate = new();
    private PoolEndpoint[] _tried = [];
    private int _underWay;
    private bool _hasBegun;

    /// <summary>How the last attempt ended, for people; null: well, or not yet.</summary>
    public string? LastFailure { get; private set; }

    public Exception? LastError { get; private set; }

    public System.Net.HttpStatusCode? LastStatus { get; private set; }

    /// <summary>Those that were tried; never changes after it is handed out.</summary>
    public IReadOnlyList<PoolEndpoint>? Tried
    {
        get
        {
            lock (_gate)
                return _tried.Length == 0 ? null : _tried;
        }
    }

    /// <summary>Whether the budget allows this attempt, and whether another one is still under way.</summary>
    public (bool IsAllowed, bool IsHedge) TryBegin(RetryBudget budget)
    {
        lock (_gate)
        {
            var isHedge = _underWay > 0;
            if (!_hasBegun)
                budget.Deposit();
            else if (!budget.TryWithdraw())
                return (false, isHedge);
            _hasBegun = true;
            _underWay++;
            return (true, isHedge);
        }
    }

    public void Goes(PoolEndpoint endpoint)
    {
        lock (_gate)
            _tried = [.. _tried, endpoint];
    }

    public void End(string? failure, Exception? error, System.Net.HttpStatusCode? status)
    {
        lock (_gate)
        {
            _underWay--;
            (LastFailure, LastError, LastStatus) = (failure, error, status);
        }
    }
}
