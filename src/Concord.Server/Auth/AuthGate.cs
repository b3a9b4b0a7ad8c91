using Concord.Mvcc;
using Concord.Mvcc.Auth;
using Concord.Server.Replica;

namespace Concord.Server.Auth;

/// <summary>
/// Stands before every request of the client port: who is it, and is it let through to the service that knows about keys. While
/// access is not checked it costs one look.
/// </summary>
internal sealed class AuthGate(LocalReplica replica, CallerDesk callers)
{
    /// <summary>
    /// How long an administrative call waits for this member to hear whether access is checked by now. Without a majority it goes
    /// on after that: what changes something then fails by itself.
    /// </summary>
    private static readonly TimeSpan CatchUpMax = TimeSpan.FromSeconds(1);

    public Task InvokeAsync(HttpContext http, RequestDelegate next) =>
        replica.View.Auth.IsEnabled ? CheckAsync(http, next)
        : Guards.Of(http.Request.Path) == Guard.Root ? CatchUpAsync(http, next)
        : next(http);

    /// <summary>
    /// Access is not checked, as far as this member knows. What is about keys is looked at again where it is answered or applied;
    /// administration has the gate alone.
    /// </summary>
    private async Task CatchUpAsync(HttpContext http, RequestDelegate next)
    {
        if (replica.Status.LeaderId != 0)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
            patience.CancelAfter(CatchUpMax);
            try
            {
                if ((await replica.ReadAsync(patience.Token).ConfigureAwait(false)).Auth.IsEnabled)
                {
                    await CheckAsync(http, next).ConfigureAwait(false);
                    return;
                }
            }
            catch (Exception error) when (error is ReplicaException or OperationCanceledException && !http.RequestAborted.IsCancellationRequested)
            {
                // No majority; see CatchUpMax.
            }
        }

        await next(http).ConfigureAwait(false);
    }

    private async Task CheckAsync(HttpContext http, RequestDelegate next)
    {
        var guard = Guards.Of(http.Request.Path);
        if (guard is Guard.Root or Guard.User)
        {
            var (caller, refusal) = await callers.IdentifyAsync(http).ConfigureAwait(false);
            refusal = caller is null ? refusal : await JudgeAsync(caller, guard, http.RequestAborted).ConfigureAwait(false);
            if (refusal != AuthRefusal.None)
            {
                await AuthRefusalAnswer.WriteAsync(http, refusal).ConfigureAwait(false);
                return;
            }

            http.Features.Set(new CallerFeature(caller!));
        }

        await next(http).ConfigureAwait(false);
    }

    /// <summary>This member may not have heard of a right yet, so a refusal is made only in a state that holds all there is.</summary>
    private async ValueTask<AuthRefusal> JudgeAsync(Caller caller, Guard guard, CancellationToken cancellation)
    {
        if (Judge(replica.View.Auth, caller, guard) == AuthRefusal.None)
        {
            return AuthRefusal.None;
        }

        try
        {
            return Judge((await replica.ReadAsync(cancellation).ConfigureAwait(false)).Auth, caller, guard);
        }
        catch (ReplicaException)
        {
            return AuthRefusal.Unavailable;
        }
    }

    private static AuthRefusal Judge(AuthState state, Caller caller, Guard guard)
    {
        var error = state.Identify(caller, out var rights);
        return error != StoreError.None ? AuthRefusals.Of(error)
            : guard == Guard.Root && !rights!.IsRoot ? AuthRefusal.PermissionDenied
            : AuthRefusal.None;
    }
}
