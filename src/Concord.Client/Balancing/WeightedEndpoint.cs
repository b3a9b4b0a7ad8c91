namespace Concord.Client.Balancing;

/// <summary>An endpoint in a list that is chosen from.</summary>
/// <param name="Weight">Its share in relation to the others', above 0.</param>
/// <param name="Ramp">Which part of its share a new or recovered instance gets (slow start), above 0 to 1.</param>
public readonly record struct WeightedEndpoint(PoolEndpoint Endpoint, double Weight, double Ramp = 1)
{
    /// <summary>The share that it is to get now.</summary>
    public double Share => Weight * Ramp;
}
