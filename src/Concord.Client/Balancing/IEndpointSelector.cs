namespace Concord.Client.Balancing;

/// <summary>Chooses among the endpoints of one list. Made by an <see cref="IBalancingPolicy"/>; used by many threads at once, on the way of every call.</summary>
public interface IEndpointSelector
{
    /// <summary>The endpoint for a call. One that the call avoids only if there is no other.</summary>
    PoolEndpoint Select(in SelectionContext context);
}
