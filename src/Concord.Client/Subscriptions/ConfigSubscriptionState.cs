namespace Concord.Client.Subscriptions;

/// <summary>How a subscription is doing; immutable, replaced as a whole.</summary>
public sealed record ConfigSubscriptionState
{
    /// <summary>Whether the server has answered on the present connection, so that changes arrive as they happen.</summary>
    public bool Connected { get; init; }

    /// <summary>Since when <see cref="Connected"/> has its value.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>The endpoint in use, or the last that was tried.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Why the connection is or was last lost; null if it never was.</summary>
    public string? LastError { get; init; }

    /// <summary>The server's refusal of this subscription; it is asked again from time to time.</summary>
    public ConcordServerException? Refusal { get; init; }

    /// <summary>The newest release if this process rejected it, else 0.</summary>
    public long RejectedRelease { get; init; }

    /// <summary>Why it was rejected.</summary>
    public string? RejectedReason { get; init; }
}
