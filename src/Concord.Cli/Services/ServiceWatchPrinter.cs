using Concord.Cli.Output;
using Concord.Client.Registry;

namespace Concord.Cli.Services;

/// <summary>One line per change.</summary>
internal sealed class ServiceWatchPrinter(Invocation call, InstanceFilter filter)
{
    public bool HasShown { get; private set; }

    private DateTimeOffset Now => call.Host.Time.GetUtcNow();

    public void Write(ServiceWatchEvent news)
    {
        switch (news)
        {
            case ServiceWatchEvent.Full full:
                WriteFull(full.View);
                break;
            case ServiceWatchEvent.Changed changed:
                WriteChange(changed);
                break;
            case ServiceWatchEvent.Interrupted interrupted:
                WriteInterrupted(interrupted);
                break;
        }

        HasShown = true;
    }

    private void WriteFull(ServiceView view)
    {
        if (call.WantsJson)
        {
            WriteLine(new()
            {
                Event = "full",
                Time = Now,
                Revision = view.Revision,
                Instances = [.. view.Instances.Select(ServiceInstanceJson.Of)],
                Services = view.Services,
            });
            return;
        }

        foreach (var one in view.Instances)
            WriteInstance("= ", one);
        if (view.Instances.Count == 0)
            call.Screen.Line("No instances yet.");
        ServiceText.Warn(call, view.Services, filter.Healthy);
    }

    private void WriteChange(ServiceWatchEvent.Changed changed)
    {
        foreach (var key in changed.Removed)
        {
            if (call.WantsJson)
                WriteLine(new() { Event = "removed", Time = Now, Revision = changed.View.Revision, Service = key.Service, Id = key.Id });
            else
                call.Screen.Line(At(), new Ink($"- {NameOf(key.Service, key.Id)}", Palette.Removed));
        }

        foreach (var one in changed.Set)
        {
            if (call.WantsJson)
                WriteLine(new() { Event = "set", Time = Now, Revision = changed.View.Revision, Service = one.Service, Id = one.Id, Instance = ServiceInstanceJson.Of(one) });
            else
                WriteInstance("+ ", one);
        }

        foreach (var one in changed.Services)
        {
            if (call.WantsJson)
                WriteLine(new() { Event = "service", Time = Now, Revision = changed.View.Revision, Service = one.Name, Summary = one });
        }

        ServiceText.Warn(call, changed.Services, filter.Healthy);
    }

    private void WriteInstance(string mark, ServiceInstance one) => call.Screen.Line(
        At(), Ink.Strong($"{mark}{NameOf(one.Service, one.Id)}"), "  ", ServiceText.State(one.State, one.Held), "  ", ServiceText.Endpoints(one),
        Ink.Dim(one.Reason.Length > 0 ? $"  {Visible.Of(one.Reason)}" : ""));

    private void WriteInterrupted(ServiceWatchEvent.Interrupted interrupted)
    {
        if (call.WantsJson)
            WriteLine(new() { Event = "disconnected", Time = Now, Reason = interrupted.Reason.Message });
        else
            call.ErrorScreen.Line(new Ink("connection lost", Palette.Warning), Ink.Dim($": {interrupted.Reason.Message}; trying again"));
    }

    /// <summary>With its service where there may be several.</summary>
    private string NameOf(string service, string id) => filter.Service.Length > 0 ? Visible.Of(id) : $"{Visible.Of(service)}/{Visible.Of(id)}";

    private Ink At() => Ink.Dim($"{Moment.TimeOfDay(Now, call.Host.Time)}  ");

    private void WriteLine(ServiceEventJson one) => Json.Write(call.Host.Out, one, OutputJson.Lines.ServiceEventJson);
}
