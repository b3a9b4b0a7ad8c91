namespace Concord.Simulator;
