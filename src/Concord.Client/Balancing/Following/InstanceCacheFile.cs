using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Concord.Client.Cache;
using Concord.Client.Registry;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using V1 = Concord.Protocol.V1;

namespace Concord.Client.Balancing.Following;

/// <summary>The instances of a service as they were last, on this machine's disk, so that a process that starts while no server is there can call.</summary>
internal sealed class InstanceCacheFile
{
    private readonly LastKnownGoodFile _file;
    private readonly string _service;

    public InstanceCacheFile(string directory, string service, ILogger log)
    {
        _service = service;
        // A service's name may hold what a file's may not; the hash keeps those apart that look the same then.
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(service)))[..12];
        var name = string.Concat(service.Take(80).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '_'));
        _file = new(System.IO.Path.Combine(directory, $"{name}.{hash}.instances.lkg"), log);
    }

    public string Path => _file.Path;

    public bool TryLoad([NotNullWhen(true)] out ServiceView? view)
    {
        view = null;
        if (!_file.TryRead(out var content))
            return false;
        try
        {
            using var input = new CodedInputStream(content);
            var message = new V1.ListServiceInstancesResponse();
            input.ReadMessage(message);
            view = RegistryMapping.ToRecord(message);
            if (view.Instances.All(one => one.Service == _service))
                return true;
            view = null;
            return _file.Ignore("it belongs to another service");
        }
        catch (InvalidProtocolBufferException error)
        {
            return _file.Ignore(error.Message);
        }
    }

    public void Save(ServiceView view)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
            output.WriteMessage(RegistryMapping.ToMessage(view));
        _file.Write(buffer.ToArray());
    }
}
