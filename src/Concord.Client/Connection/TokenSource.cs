using Grpc.Core;
using Etcd = Concord.Protocol.Etcd;

namespace Concord.Client.Connection;

/// <summary>
/// Signs in and keeps the token until a server refuses it. All calls share one token, and callers that need one at the same time
/// share one sign-in; a token is good at every member.
/// </summary>
internal sealed class TokenSource(ConcordCredentials credentials) : IDisposable
{
    public const string Header = "authorization";

    private static readonly string[] Refusals =
    [
        "etcdserver: invalid auth token",
        "etcdserver: revision of auth store is old",
        "etcdserver: user name is empty",
    ];

    private readonly SemaphoreSlim _signingIn = new(1);
    private volatile Signed? _signed;
    private int _version;

    /// <param name="Token">Null: the server does not check access, so there are no tokens.</param>
    private sealed record Signed(string? Token);

    /// <summary>Counts the tokens, so that a refusal of an old one does not throw away its successor.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>Whether signing in again may help.</summary>
    public static bool IsRefusal(RpcException error) =>
        error.StatusCode == StatusCode.Unauthenticated || (error.StatusCode == StatusCode.InvalidArgument && IsRefusal(error.Status.Detail));

    public static bool IsRefusal(string text) => Refusals.Any(refusal => text.EndsWith(refusal, StringComparison.Ordinal));

    /// <summary>Everything that goes through the result carries a token; it signs in at the endpoint that is called.</summary>
    public CallInvoker Authorize(CallInvoker invoker) => new AuthorizedInvoker(this, invoker);

    /// <summary>The token of <paramref name="version"/> was refused.</summary>
    public void Invalidate(int version)
    {
        if (Interlocked.CompareExchange(ref _version, version + 1, version) == version)
            _signed = null;
    }

    public void Dispose() => _signingIn.Dispose();

    private async Task<string?> GetAsync(CallInvoker endpoint, CancellationToken cancellationToken)
    {
        if (_signed is { } known)
            return known.Token;
        await _signingIn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_signed is { } meanwhile)
                return meanwhile.Token;
            var signed = await SignInAsync(endpoint, cancellationToken).ConfigureAwait(false);
            _signed = signed;
            return signed.Token;
        }
        finally
        {
            _signingIn.Release();
        }
    }

    private async Task<Signed> SignInAsync(CallInvoker endpoint, CancellationToken cancellationToken)
    {
        try
        {
            var request = new Etcd.AuthenticateRequest { Name = credentials.User, Password = credentials.Password };
            var answer = await new Etcd.Auth.AuthClient(endpoint).AuthenticateAsync(request, cancellationToken: cancellationToken)
                .ResponseAsync.ConfigureAwait(false);
            return new(answer.Token);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.FailedPrecondition)
        {
            // "authentication is not enabled". When it is, calls are refused for naming nobody, and this is asked again.
            return new(Token: null);
        }
    }

    /// <summary>Adds the token as call credentials: they are fetched asynchronously, before anything is sent.</summary>
    private sealed class AuthorizedInvoker : CallInvoker
    {
        private readonly CallInvoker _inner;
        private readonly CallCredentials _credentials;

        public AuthorizedInvoker(TokenSource source, CallInvoker inner)
        {
            _inner = inner;
            _credentials = CallCredentials.FromInterceptor(async (context, metadata) =>
            {
                if (await source.GetAsync(inner, context.CancellationToken).ConfigureAwait(false) is { } token)
                    metadata.Add(Header, token);
            });
        }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            _inner.AsyncUnaryCall(method, host, With(options), request);

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            _inner.BlockingUnaryCall(method, host, With(options), request);

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
            _inner.AsyncServerStreamingCall(method, host, With(options), request);

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) =>
            _inner.AsyncDuplexStreamingCall(method, host, With(options));

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) =>
            _inner.AsyncClientStreamingCall(method, host, With(options));

        private CallOptions With(CallOptions options) => options.WithCredentials(_credentials);
    }
}
