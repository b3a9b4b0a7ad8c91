using Concord.Cli;

using var host = CliHost.OfProcess();
return await CommandLine.RunAsync(args, host);
