namespace Concord.Cli.Services;

internal static class ServiceCommands
{
    public static CommandGroup Create() => new(
        "service",
        "Services and their instances: register, find, follow, take out of service.",
        new ServiceListCommand(),
        new ServiceShowCommand(),
        new ServiceWatchCommand(),
        new ServiceRouteCommand(),
        new ServiceSettingsCommand(),
        new ServiceRegisterCommand(),
        new ServiceDeregisterCommand(),
        new ServiceDrainCommand(),
        new ServiceMaintenanceCommand());
}
