using Concord.Benchmarks.Http2;
using Concord.Protocol.V1;

namespace Concord.Benchmarks.Load;

/// <summary>One process's stream to the registry: instances it holds, and signs of life; one request at a time.</summary>
internal sealed class RegistrySession
{
    private readonly StreamCall _call;
    private TaskCompletionSource<RegisterResponse> _answer = new();
    private bool _isStarted;

    public RegistrySession(Http2Connection connection)
    {
        _call = new StreamCall(connection, "/concord.v1.Registry/Register", message => _answer.TrySetResult(RegisterResponse.Parser.ParseFrom(message)));
        _call.End.ContinueWith(end => _answer.TrySetException(new GrpcException(end.Result)), TaskScheduler.Default);
    }

    public static InstanceRegistration Instance(string service, string id)
    {
        var instance = new InstanceRegistration { Service = service, Id = id, Zone = "eu-1", Version = "1.0.0", Tags = { "bench" } };
        instance.Endpoints.Add(new ServiceEndpoint { Scheme = "http", Host = "10.0.0.1", Port = 8080 });
        return instance;
    }

    public async Task RegisterAsync(InstanceRegistration instance, int ttlSeconds)
    {
        var response = await AskAsync(new RegisterRequest { Put = new() { Instance = instance, TtlSeconds = ttlSeconds } });
        if (response.EventCase != RegisterResponse.EventOneofCase.Registered)
        {
            throw new BadAnswerException($"instance {instance.Id} was not registered: {response}");
        }
    }

    public async Task HeartbeatAsync()
    {
        var response = await AskAsync(new RegisterRequest { Heartbeat = new() });
        if (response.EventCase != RegisterResponse.EventOneofCase.Heartbeat)
        {
            throw new BadAnswerException($"a heartbeat was answered with {response}");
        }
    }

    private Task<RegisterResponse> AskAsync(RegisterRequest request)
    {
        _answer = new();
        if (_isStarted)
        {
            _call.Send(request);
        }
        else
        {
            _isStarted = true;
            _call.Start(request);
        }

        return _call.End.IsCompleted ? Task.FromException<RegisterResponse>(new GrpcException(_call.End.Result)) : _answer.Task;
    }
}
