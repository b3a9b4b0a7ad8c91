using Concord.Extensions.Following;

namespace Concord.Extensions;

/// <summary>The state of one configuration source at one moment.</summary>
public sealed record ConcordViewStatus
{
    /// <summary>APP/ENV and what else belongs to the view.</summary>
    public required string View { get; init; }

    /// <summary>The release in use; 0 if there is none.</summary>
    public required long Release { get; init; }

    /// <summary>Identifies the content in use.</summary>
    public required string Version { get; init; }

    /// <summary>Whether changes arrive as they happen.</summary>
    public required bool Connected { get; init; }

    /// <summary>Since when <see cref="Connected"/> has its value.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>What is in use comes from the last known good file; the server has not answered since the start.</summary>
    public required bool FromFile { get; init; }

    /// <summary>The endpoint in use or last tried.</summary>
    public required string? Endpoint { get; init; }

    public required string? LastError { get; init; }

    /// <summary>The newest release if this process rejected it, else 0.</summary>
    public required long RejectedRelease { get; init; }

    public required string? RejectedReason { get; init; }

    /// <summary>What the server could not resolve in the content in use.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Connected, and running the newest release.</summary>
    public bool IsHealthy => Connected && RejectedReason is null;

    internal static ConcordViewStatus Of(ConfigFollower follower)
    {
        var (state, current) = (follower.State, follower.Current);
        return new ConcordViewStatus
        {
            View = follower.Settings.View.ToString(),
            Release = current?.Release ?? 0,
            Version = current?.Version ?? "",
            Connected = state.Connected,
            Since = state.Since,
            FromFile = current is not null && !follower.ServerHasAnswered,
            Endpoint = state.Endpoint?.GetLeftPart(UriPartial.Authority),
            LastError = state.LastError,
            RejectedRelease = state.RejectedRelease,
            RejectedReason = state.RejectedReason,
            Problems = current?.Problems ?? [],
        };
    }
}
