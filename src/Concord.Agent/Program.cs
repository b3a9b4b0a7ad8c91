using Concord.Agent;

return await AgentCommand.Create(AgentProcess.RunAsync).Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = null });
