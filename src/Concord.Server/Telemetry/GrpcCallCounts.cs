using System.Collections.Frozen;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Concord.Server.Replica;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Concord.Server.Telemetry;

/// <summary>
/// gRPC calls by service, method, type and code, named and labelled as Go's servers do it. A call costs two counts and makes no
/// garbage: the code is read from the trailers once the answer is on its way.
/// </summary>
/// <remarks>
/// Every method has a series for every code from the start, also with etcd: a rate over a series that begins with its first
/// failure does not see that failure.
/// </remarks>
internal sealed class GrpcCallCounts
{
    /// <summary>By number, as Go spells them.</summary>
    private static readonly string[] Codes =
    [
        "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied", "ResourceExhausted",
        "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated",
    ];

    private const string StatusTrailer = "grpc-status";

    private readonly (string Service, string Method, string Type)[] _methods;
    private readonly FrozenDictionary<IMethod, int> _indexes;
    private readonly StripedCounts _started;
    private readonly StripedCounts _handled;
    private readonly Histogram<double>? _handling;
    private readonly Func<object, Task> _ended;

    /// <param name="withTimes">Time every call too (<c>--metrics extensive</c>): the labels of each make a little garbage.</param>
    public GrpcCallCounts(Meter meter, IEnumerable<Endpoint> endpoints, bool withTimes)
    {
        var methods = endpoints.Select(static endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method).OfType<IMethod>().Distinct().ToArray();

        // Several endpoints may have one method: the first that fits is taken, and they are counted as one.
        _methods = [.. methods.Select(static method => (method.ServiceName, method.Name, TypeOf(method.Type))).Distinct().Order()];
        _indexes = methods.ToFrozenDictionary(
            static method => method, method => Array.IndexOf(_methods, (method.ServiceName, method.Name, TypeOf(method.Type))));
        _started = new(_methods.Length);
        _handled = new(_methods.Length * Codes.Length);
        _ended = Ended;
        meter.CreateObservableCounter("grpc_server_started_total", Started, description: "gRPC calls that began.");
        meter.CreateObservableCounter("grpc_server_handled_total", Handled, description: "gRPC calls that ended, by their code.");
        _handling = !withTimes ? null : meter.CreateHistogram(
            "grpc_server_handling_seconds", "s", "How long gRPC calls took.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10] });
    }

    /// <summary>A step of the request's way, after routing.</summary>
    public RequestDelegate Count(RequestDelegate next)
    {
        if (_handling is { } handling)
        {
            return context => IndexOf(context) is var index and >= 0 ? TimeAsync(next, context, index, handling) : next(context);
        }

        return context =>
        {
            if (IndexOf(context) is var index and >= 0)
            {
                _started.Add(index);
                context.Response.OnCompleted(_ended, context);
            }

            return next(context);
        };
    }

    /// <summary>The counts of a method whose handler stands before that step.</summary>
    public GrpcCallCount Of(string service, string method) =>
        new(_started, _handled, Array.FindIndex(_methods, one => one.Service == service && one.Method == method), Codes.Length);

    private static string TypeOf(MethodType type) => type switch
    {
        MethodType.Unary => "unary",
        MethodType.ClientStreaming => "client_stream",
        MethodType.ServerStreaming => "server_stream",
        _ => "bidi_stream",
    };

    private static int CodeOf(HttpContext context)
    {
        // An answer without a message has its trailers in front.
        StringValues status = default;
        if (context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers.TryGetValue(StatusTrailer, out status) != true
            && !context.Response.Headers.TryGetValue(StatusTrailer, out status))
        {
            status = StringValues.Empty;
        }

        if (int.TryParse(status.ToString(), CultureInfo.InvariantCulture, out var code) && code >= 0 && code < Codes.Length && code != (int)StatusCode.Unknown)
        {
            return code;
        }

        // A client that hung up is told nothing; the handler's exception for it looks like a fault.
        return context.RequestAborted.IsCancellationRequested ? (int)StatusCode.Cancelled : (int)StatusCode.Unknown;
    }

    private async Task TimeAsync(RequestDelegate next, HttpContext context, int index, Histogram<double> handling)
    {
        _started.Add(index);
        context.Response.OnCompleted(_ended, context);
        var began = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            var (service, method, type) = _methods[index];
            handling.Record(Stopwatch.GetElapsedTime(began).TotalSeconds, new("grpc_type", type), new("grpc_service", service), new("grpc_method", method));
        }
    }

    private int IndexOf(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is { } metadata && _indexes.TryGetValue(metadata.Method, out var index) ? index : -1;

    private Task Ended(object state)
    {
        var context = (HttpContext)state;
        _handled.Add((IndexOf(context) * Codes.Length) + CodeOf(context));
        return Task.CompletedTask;
    }

    private IEnumerable<Measurement<long>> Started()
    {
        for (var i = 0; i < _methods.Length; i++)
        {
            var (service, method, type) = _methods[i];
            yield return new(_started[i], new("grpc_type", type), new("grpc_service", service), new("grpc_method", method));
        }
    }

    private IEnumerable<Measurement<long>> Handled()
    {
        for (var i = 0; i < _methods.Length * Codes.Length; i++)
        {
            var (service, method, type) = _methods[i / Codes.Length];
            yield return new(
                _handled[i], new("grpc_type", type), new("grpc_service", service), new("grpc_method", method), new("grpc_code", Codes[i % Codes.Length]));
        }
    }
}
