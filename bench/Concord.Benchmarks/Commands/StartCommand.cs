using System.CommandLine;
using Concord.Benchmarks.Measure;

namespace Concord.Benchmarks.Commands;

internal static class StartCommand
{
    public static Command Create()
    {
        var endpoint = CommonOptions.Endpoint();
        var name = new Option<string>("--name") { Description = "The name of the result.", DefaultValueFactory = _ => "start" };
        var times = new Option<int>("--times") { Description = "How many times to start it.", DefaultValueFactory = _ => 1 };
        var server = new Argument<string[]>("command") { Description = "The server and its arguments, after --." };
        var (label, output) = (CommonOptions.Label(), CommonOptions.Out());
        var command = new Command("start", "Starts a server, measures the time to its first answer, and stops it again.")
        {
            endpoint, name, times, label, output, server,
        };
        command.SetAction(async (arguments, cancellation) =>
        {
            var line = arguments.GetRequiredValue(server);
            var results = new List<Result>();
            for (var i = 0; i < arguments.GetValue(times); i++)
            {
                var start = new ServerStart(CommonOptions.Parse(arguments.GetRequiredValue(endpoint)), line[0], line[1..]);
                var elapsed = await start.RunAsync(cancellation);
                results.Add(new Result
                {
                    Label = arguments.GetRequiredValue(label),
                    Workload = arguments.GetRequiredValue(name),
                    Milliseconds = elapsed.TotalMilliseconds,
                    Time = DateTimeOffset.UtcNow,
                });
            }

            Output.Write(results, arguments.GetValue(output));
            return 0;
        });
        return command;
    }
}
