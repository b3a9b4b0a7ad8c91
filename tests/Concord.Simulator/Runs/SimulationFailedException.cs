namespace Concord.Simulator.Runs;

/// <summary>A run showed that a promise does not hold: the reason to have the simulator.</summary>
internal sealed class SimulationFailedException(string message, Exception? inner = null) : Exception(message, inner);
