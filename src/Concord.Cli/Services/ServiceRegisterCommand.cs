using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Registry;

namespace Concord.Cli.Services;

internal sealed class ServiceRegisterCommand : CliCommand
{
    private readonly RegistrationArguments _instance = new();
    private readonly Option<bool> _hold = new("--hold")
    {
        Description = "Keep the instance registered as long as this command runs, and remove it on Ctrl-C or SIGTERM. Without it the instance stays until it is deregistered",
    };

    private readonly Option<TimeSpan?> _ttl = TimeOption.Create("--ttl", "With --hold: how long the instance outlives a broken connection. Default: 10s");
    private readonly Option<TimeSpan?> _drain = TimeOption.Create("--drain-time", "With --hold: how long it is draining before it goes. Default: 1s", canBeZero: true);
    private readonly Option<ServiceCheck?> _check = new("--check")
    {
        HelpName = "URL",
        Description = "Without --hold: what the servers, or the agent of this host, look at: http(s)://…, tcp://HOST:PORT, or grpc(s)://HOST:PORT[/SERVICE]",
        CustomParser = result =>
        {
            var text = result.Tokens.Single().Value;
            if (CheckOf(text) is { } check)
                return check;
            result.AddError($"--check is '{text}': write http(s)://…, tcp://HOST:PORT, or grpc(s)://HOST:PORT[/SERVICE]");
            return null;
        },
    };

    private readonly Option<TimeSpan?> _interval = TimeOption.Create("--check-interval", "Between two checks. Default: 10s");

    public ServiceRegisterCommand()
        : base("register", "Register an instance of a service.")
    {
        _instance.AddTo(this);
        Add(_hold);
        Add(_ttl);
        Add(_drain);
        Add(_check);
        Add(_interval);
        Add(OutputOption.TableOrJson());
        Validators.Add(result =>
        {
            if (result.GetValue(_hold) && (result.GetResult(_check) is not null || result.GetResult(_interval) is not null))
                result.AddError("--check and --check-interval are for instances that stay; one with --hold gives its own signs of life");
            if (!result.GetValue(_hold) && (result.GetResult(_ttl) is not null || result.GetResult(_drain) is not null))
                result.AddError("--ttl and --drain-time need --hold");
        });
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "concord service register orders --id orders-1 --address http://10.0.0.1:8080 --zone eu-1 --tag blue --hold",
        "concord service register printer --id p1 --address tcp://10.0.0.9:9100 --check tcp://10.0.0.9:9100",
    ];

    /// <summary>To be held until it is stopped is what was asked for.</summary>
    protected override ExitCode WhenInterrupted => ExitCode.Ok;

    /// <summary>Draining takes its time, and telling the server may too.</summary>
    public override TimeSpan StopTimeOf(ParseResult parsed) =>
        base.StopTimeOf(parsed) + (parsed.GetValue(_drain) ?? new ServiceRegistrationOptions().DrainTime) + TimeSpan.FromSeconds(10);

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var instance = _instance.Of(call);
        if (call.Get(_hold))
            return await HoldAsync(call, instance, stop);

        var check = call.Get(_check) is { } given ? given with { Interval = call.Get(_interval) } : null;
        var generation = await call.Client.Registry.RegisterPersistentAsync(instance, check, stop);
        return Report(call, instance, generation, $"{Visible.Of(instance.Service)}/{Visible.Of(instance.Id)} is registered, until it is deregistered.");
    }

    private async Task<ExitCode> HoldAsync(Invocation call, InstanceRegistration instance, CancellationToken stop)
    {
        var defaults = new ServiceRegistrationOptions();
        var options = new ServiceRegistrationOptions { TimeToLive = call.Get(_ttl) ?? defaults.TimeToLive, DrainTime = call.Get(_drain) ?? defaults.DrainTime };
        await using var registration = await call.Client.Registry.RegisterAsync(instance, options, stop);
        Report(call, instance, registration.Generation, $"{Visible.Of(instance.Service)}/{Visible.Of(instance.Id)} is registered, until this command is stopped.");
        await call.Host.Out.FlushAsync(CancellationToken.None);
        await Task.WhenAny(registration.Completion, Task.Delay(Timeout.Infinite, stop));
        if (registration.Completion.IsFaulted)
            await registration.Completion;
        await registration.StopAsync();
        ServiceText.Changed(
            call, new ServiceChangedJson { Done = "deregistered", Service = instance.Service, Id = instance.Id, Generation = registration.Generation },
            $"{Visible.Of(instance.Service)}/{Visible.Of(instance.Id)} is deregistered.");
        return ExitCode.Ok;
    }

    private static ExitCode Report(Invocation call, InstanceRegistration instance, long generation, string sentence) => ServiceText.Changed(
        call, new ServiceChangedJson { Done = "registered", Service = instance.Service, Id = instance.Id, Generation = generation }, sentence);

    private static ServiceCheck? CheckOf(string text) => !Uri.TryCreate(text, UriKind.Absolute, out var url) ? null : url.Scheme switch
    {
        "http" or "https" => new ServiceCheck.Http(text),
        "tcp" when url.Port > 0 => new ServiceCheck.Tcp(url.Authority),
        "grpc" or "grpcs" when url.Port > 0 => new ServiceCheck.Grpc($"{(url.Scheme == "grpc" ? "http" : "https")}://{url.Authority}", url.AbsolutePath.Trim('/')),
        _ => null,
    };
}
