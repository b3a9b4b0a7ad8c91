using System.CommandLine;
using System.Net.Sockets;
using Concord.Benchmarks.Commands;
using Concord.Benchmarks.Http2;
using Concord.Benchmarks.Load;

var root = new RootCommand("Measures servers that speak the etcd API: Concord and etcd itself, with the same calls.")
{
    LoadCommand.Create(),
    FanOutCommand.Create(),
    LeasesCommand.Create(),
    FillCommand.Create(),
    ConfigPushCommand.Create(),
    RegistryPushCommand.Create(),
    StartCommand.Create(),
    OutageCommand.Create(),
    IdleCommand.Create(),
    ReportCommand.Create(),
};

try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception exception) when (exception is ArgumentException or GrpcException or BadAnswerException or SocketException or InvalidOperationException or FormatException or IOException or TimeoutException)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}
