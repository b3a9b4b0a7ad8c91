using System.Globalization;
using Concord.Server.Configs.Rest;
using Concord.Server.Registry.Model;
using Concord.Server.Registry.Push;
using Concord.Server.Registry.Views;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Concord.Server.Registry.Rest;

/// <summary>The REST face: services and their instances, waiting for changes, and what Prometheus asks for.</summary>
internal static class RegistryRest
{
    private const string Tag = "Services";

    public static void MapRegistryRest(this WebApplication app)
    {
        var v1 = app.MapGroup("/v1")
            .AddEndpointFilter(RestErrors.Filter)
            .AddEndpointFilter(RegistryRestErrors.Filter)
            .WithTags(Tag).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapGet("/services", ListAsync).WithName("ListServices")
            .WithSummary("All services: how many instances they have, and how many of these are healthy");
        v1.MapGet("/services/{service}/instances", InstancesAsync).WithName("ListServiceInstances")
            .WithSummary("The instances of a service; with wait and since it answers when they change")
            .WithDescription("healthy=true gives those that are passing or warning. If a service has too few of these it gives the critical ones too, and says 'panic' in the service's entry. 'held' counts instances that gave no sign of life and are kept because too many went at once.");
        v1.MapGet("/services/{service}/instances/{id}", InstanceAsync).WithName("GetServiceInstance")
            .WithSummary("One instance");
        v1.MapPut("/services/{service}/instances/{id}", RegisterAsync).WithName("RegisterServiceInstance").ProducesWriteProblems()
            .WithSummary("Registers an instance, anew or as it is now")
            .WithDescription("An ephemeral instance lasts for ttlSeconds after its registration and after each renewal. A persistent one stays until it is deregistered; the servers look how it does, if it has a check.")
            .Accepts<RegistrationBody>("application/json", RestDescription.AnyType);
        v1.MapDelete("/services/{service}/instances/{id}", DeregisterAsync).WithName("DeregisterServiceInstance").ProducesWriteProblems()
            .WithSummary("Removes an instance; with a generation only that one");
        v1.MapPost("/services/{service}/instances/{id}/renew", RenewAsync).WithName("RenewServiceInstance").ProducesWriteProblems()
            .WithSummary("A sign of life");
        v1.MapPut("/services/{service}/instances/{id}/state", SetStateAsync).WithName("SetServiceInstanceState").ProducesWriteProblems()
            .WithSummary("How an instance does: starting, passing, warning, critical or draining")
            .Accepts<StateBody>("application/json", RestDescription.AnyType);
        v1.MapPut("/services/{service}/instances/{id}/maintenance", MaintainAsync).WithName("BeginMaintenance").ProducesWriteProblems()
            .WithSummary("Takes an instance out of service, also when it registers again")
            .Accepts<MaintenanceBody>("application/json", RestDescription.AnyType);
        v1.MapDelete("/services/{service}/instances/{id}/maintenance", EndMaintenanceAsync).WithName("EndMaintenance").ProducesWriteProblems()
            .WithSummary("Takes an instance back into service");
        v1.MapPut("/services/{service}/settings", ConfigureAsync).WithName("ConfigureService").ProducesWriteProblems()
            .WithSummary("Below which share of healthy instances all are given")
            .Accepts<ServiceSettingsBody>("application/json", RestDescription.AnyType);
        v1.MapPut("/zones/{zone}/maintenance", MaintainZoneAsync).WithName("BeginZoneMaintenance").ProducesWriteProblems()
            .WithSummary("Takes all instances that are in a zone out of service")
            .Accepts<MaintenanceBody>("application/json", RestDescription.AnyType);
        v1.MapDelete("/zones/{zone}/maintenance", EndZoneMaintenanceAsync).WithName("EndZoneMaintenance").ProducesWriteProblems()
            .WithSummary("Takes a zone back into service");
        v1.MapGet("/prometheus/targets", PrometheusAsync).WithName("PrometheusTargets")
            .WithSummary("For Prometheus' HTTP service discovery (http_sd_configs)")
            .WithDescription("Each instance is a target at its endpoint 'metrics', or its first one without; those in maintenance are left out. Labels begin with __meta_concord_.");
    }

    private static async Task<Ok<ServiceList>> ListAsync(string? prefix, string? tag, RegistryAccess access, HttpContext http)
    {
        var (services, revision) = await access.Reader(http).ServicesAsync(prefix ?? "", tag ?? "", http.RequestAborted);
        return TypedResults.Ok(new ServiceList([.. services.Select(ServiceBody.Of)], revision));
    }

    private static async Task<Ok<ServiceInstancesBody>> InstancesAsync(
        string service, [FromQuery] string[]? tag, [FromQuery] string[]? state, string? zone, string? version, bool? healthy, string? wait, long? since,
        RegistryAccess access, RegistryHub hub, HttpContext http)
    {
        var query = InstanceQuery.From(
            RegistryNames.Service(service, "service"), "", tag ?? [], zone ?? "", version ?? "",
            (state ?? []).SelectMany(static text => text.Split(',')).Select(static word => InstanceStates.Parse(word, "state")), healthy ?? false, "");
        var patience = Wait(wait);
        if (since < 0)
        {
            throw new RegistryException(RegistryErrorCode.InvalidRequest, $"{since} is no revision.", "since", "Give the revision of the last answer.");
        }

        if (patience == TimeSpan.Zero || since is null or 0)
        {
            var found = await access.Reader(http).InstancesAsync(query, http.RequestAborted);
            return Answer(http, found, found.Revision);
        }

        using var following = await InstancesFollowing.StartAsync(hub, access.Store(http), query, since.Value, http.RequestAborted);
        try
        {
            await following.WaitAsync(patience);
        }
        catch (OperationCanceledException) when (hub.Stopping.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
        {
            // The server stops: the answer is what is known, and the next question goes to another one.
        }

        var view = following.Published.View;
        return Answer(http, view, Math.Max(view.Revision, Math.Min(since.Value, hub.Revision)));
    }

    private static Ok<ServiceInstancesBody> Answer(HttpContext http, ResolvedInstances found, long revision)
    {
        http.Response.Headers["Concord-Revision"] = revision.ToString(CultureInfo.InvariantCulture);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(ServiceInstancesBody.Of(found, revision));
    }

    private static async Task<Ok<ServiceInstanceBody>> InstanceAsync(string service, string id, RegistryAccess access, HttpContext http) =>
        TypedResults.Ok(ServiceInstanceBody.Of(await access.Reader(http).InstanceAsync(RegistryNames.Service(service, "service"), RegistryNames.Id(id, "id"), http.RequestAborted)));

    private static async Task<Ok<RegisteredBody>> RegisterAsync(string service, string id, RegistryAccess access, HttpRequest request, CancellationToken cancellation)
    {
        var body = await RestRequests.JsonAsync(request, RegistryRestJson.Default.RegistrationBody, cancellation);
        var registration = Registration(service, id, body);
        var registered = await access.Desk(request.HttpContext).RegisterAsync(registration, body.Generation, body.TtlSeconds, cancellation);
        return TypedResults.Ok(new RegisteredBody(registered.Generation, registered.Revision, registered.TtlSeconds));
    }

    private static async Task<Ok<ChangedBody>> DeregisterAsync(string service, string id, long? generation, RegistryAccess access, RegistryStore store, HttpContext http) =>
        Changed(await access.Desk(http).DeregisterAsync(RegistryNames.Service(service, "service"), RegistryNames.Id(id, "id"), generation ?? 0, http.RequestAborted), store);

    private static async Task<Ok<RenewedBody>> RenewAsync(string service, string id, long generation, RegistryAccess access, HttpContext http) =>
        TypedResults.Ok(new RenewedBody(await access.Desk(http).RenewAsync(RegistryNames.Service(service, "service"), RegistryNames.Id(id, "id"), generation, http.RequestAborted)));

    private static async Task<Ok<ChangedBody>> SetStateAsync(string service, string id, RegistryAccess access, RegistryStore store, HttpRequest request, CancellationToken cancellation)
    {
        var body = await RestRequests.JsonAsync(request, RegistryRestJson.Default.StateBody, cancellation);
        return Changed(
            await access.Desk(request.HttpContext).SetStateAsync(
                RegistryNames.Service(service, "service"), RegistryNames.Id(id, "id"), body.Generation, InstanceStates.Parse(body.State, "state"), body.Reason ?? "", cancellation),
            store);
    }

    private static async Task<Ok<ChangedBody>> MaintainAsync(string service, string id, RegistryAccess access, RegistryStore store, HttpRequest request, CancellationToken cancellation)
    {
        var body = await RestRequests.JsonAsync(request, RegistryRestJson.Default.MaintenanceBody, cancellation, whenEmpty: new());
        return Changed(
            await access.Desk(request.HttpContext).MaintainAsync(
                RegistryNames.Service(service, "service"), RegistryNames.Id(id, "id"), true, body.Reason ?? "", RestRequests.Author(request, body.Author), cancellation),
            store);
    }

    private static async Task<Ok<ChangedBody>> EndMaintenanceAsync(string service, string id, RegistryAccess access, RegistryStore store, HttpContext http) =>
        Changed(await access.Desk(http).MaintainAsync(RegistryNames.Service(service, "service"), RegistryNames.Id(id, "id"), false, "", "", http.RequestAborted), store);

    private static async Task<Ok<ChangedBody>> ConfigureAsync(string service, RegistryAccess access, RegistryStore store, HttpRequest request, CancellationToken cancellation)
    {
        var body = await RestRequests.JsonAsync(request, RegistryRestJson.Default.ServiceSettingsBody, cancellation);
        return Changed(await access.Desk(request.HttpContext).ConfigureAsync(RegistryNames.Service(service, "service"), body.PanicPercent, cancellation), store);
    }

    private static async Task<Ok<ChangedBody>> MaintainZoneAsync(string zone, RegistryAccess access, RegistryStore store, HttpRequest request, CancellationToken cancellation)
    {
        var body = await RestRequests.JsonAsync(request, RegistryRestJson.Default.MaintenanceBody, cancellation, whenEmpty: new());
        return Changed(
            await access.Desk(request.HttpContext).MaintainZoneAsync(RegistryNames.RequiredWord(zone, "zone"), true, body.Reason ?? "", RestRequests.Author(request, body.Author), cancellation), store);
    }

    private static async Task<Ok<ChangedBody>> EndZoneMaintenanceAsync(string zone, RegistryAccess access, RegistryStore store, HttpContext http) =>
        Changed(await access.Desk(http).MaintainZoneAsync(RegistryNames.RequiredWord(zone, "zone"), false, "", "", http.RequestAborted), store);

    private static async Task<Ok<IReadOnlyList<PrometheusTargets>>> PrometheusAsync(string? prefix, [FromQuery] string[]? tag, RegistryAccess access, HttpContext http)
    {
        var query = InstanceQuery.From("", prefix ?? "", tag ?? [], "", "", [], healthy: false, "");
        return TypedResults.Ok(PrometheusDiscovery.Of(await access.Reader(http).InstancesAsync(query, http.RequestAborted)));
    }

    private static Ok<ChangedBody> Changed(long? revision, RegistryStore store) => TypedResults.Ok(new ChangedBody(revision is not null, revision ?? store.View().Revision));

    private static Registration Registration(string service, string id, RegistrationBody body)
    {
        var endpoints = Model.Registration.CheckEndpoints(
            [.. JsonBody.NotNull(body.Endpoints, "endpoints").Select(static (one, i) => InstanceEndpoint.From(one.Name ?? "", one.Scheme, one.Host, one.Port, $"endpoints[{i}]"))], "endpoints");
        if (!body.Persistent && body.Check is not null)
        {
            throw new RegistryException(RegistryErrorCode.InvalidRequest, "An ephemeral instance is kept by its own signs of life; servers check persistent ones.", "check", "Leave the check out, or say \"persistent\": true.");
        }

        var check = body.Check?.ToModel(endpoints);
        var weight = body.Weight ?? RegistryLimits.WeightDefault;
        return new(RegistryNames.Service(service, "service"), RegistryNames.Id(id, "id"))
        {
            Endpoints = endpoints,
            Zone = RegistryNames.Word(body.Zone ?? "", "zone"),
            Region = RegistryNames.Word(body.Region ?? "", "region"),
            Version = RegistryNames.Word(body.Version ?? "", "version"),
            Weight = weight is >= 0 and <= RegistryLimits.WeightMax ? weight
                : throw new RegistryException(RegistryErrorCode.InvalidRequest, $"{weight} is no weight.", "weight", $"Use 0 to {RegistryLimits.WeightMax}."),
            Tags = Model.Registration.CheckTags(JsonBody.NotNull(body.Tags, "tags"), "tags"),
            Metadata = Model.Registration.CheckMetadata([.. JsonBody.NotNull(body.Metadata, "metadata")], "metadata"),
            State = body.State is { Length: > 0 } word ? InstanceStates.Said(InstanceStates.Parse(word, "state"), "state") : check is null ? InstanceState.Passing : InstanceState.Starting,
            Reason = RegistryNames.Text(body.Reason ?? "", RegistryLimits.ReasonCharacters, "reason"),
            Persistent = body.Persistent,
            Check = check,
        };
    }

    /// <summary>How long an answer may wait for a change: 30s, 500ms or 2m; none: not at all.</summary>
    private static TimeSpan Wait(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return TimeSpan.Zero;
        }

        var (digits, unit) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], 0.001),
            _ when text.EndsWith('s') => (text[..^1], 1),
            _ when text.EndsWith('m') => (text[..^1], 60),
            _ => (text, 1.0),
        };
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number * unit <= RegistryLimits.WaitSecondsMax
            ? TimeSpan.FromSeconds(number * unit)
            : throw new RegistryException(RegistryErrorCode.InvalidRequest, $"'{Configs.Model.ConfigNames.Shorten(text)}' is no time to wait.", "wait", $"Write it as 30s or 500ms, at most {RegistryLimits.WaitSecondsMax}s.");
    }
}
