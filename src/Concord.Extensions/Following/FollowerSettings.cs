using Concord.Client;
using Concord.Client.Cache;
using Concord.Client.Configs;

namespace Concord.Extensions.Following;

/// <summary>Everything a follower is made from, checked and complete. Equal settings share one follower.</summary>
internal sealed record FollowerSettings
{
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    public ConcordTlsOptions Tls { get; init; } = new();

    /// <summary>Null: nobody.</summary>
    public ConcordCredentials? Credentials { get; init; }

    public required ConfigurationView View { get; init; }

    public required KeyMapping Mapping { get; init; }

    public required bool Optional { get; init; }

    public required TimeSpan StartupBudget { get; init; }

    /// <summary>Null: no last known good file.</summary>
    public required string? CacheDirectory { get; init; }

    public ConfigCacheProtector? Protector { get; init; }

    public Func<ConcordClientOptions, ConcordClientOptions>? ConfigureClient { get; init; }

    /// <summary>A host will say when the service has started; until then nothing is reported and no file is written.</summary>
    public bool ConfirmedByHost { get; init; }

    public ClientKey Client => new(string.Join(' ', Endpoints), Tls, Credentials?.User, Credentials?.Password, ConfigureClient);

    public ConcordClientOptions ToClientOptions()
    {
        var options = new ConcordClientOptions { Endpoints = Endpoints, Tls = Tls, Credentials = Credentials };
        return ConfigureClient?.Invoke(options) ?? options;
    }

    public FollowerKey Key => new(Client, View.Key, Mapping, CacheDirectory, Protector);

    public string EndpointNames => string.Join(", ", Endpoints.Select(endpoint => endpoint.GetLeftPart(UriPartial.Authority)));
}

/// <summary>Who shares a connection.</summary>
internal sealed record ClientKey(
    string Endpoints, ConcordTlsOptions Tls, string? User, string? Password, Func<ConcordClientOptions, ConcordClientOptions>? ConfigureClient);

/// <summary>Who shares a subscription.</summary>
internal sealed record FollowerKey(
    ClientKey Client, string View, KeyMapping Mapping, string? CacheDirectory, ConfigCacheProtector? Protector);
