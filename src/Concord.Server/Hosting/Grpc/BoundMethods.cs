using System.Reflection;
using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Concord.Server.Hosting.Grpc;

/// <summary>
/// Binds the methods of a generated service, as the framework does, but for one thing: a request that cannot be read is
/// answered as etcd's server answers it, "internal", and is no fault of this program with a stack trace in its log.
/// </summary>
internal sealed class BoundMethods<TService> : IServiceMethodProvider<TService>
    where TService : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        // Set by the generator on the base class that the service derives from.
        var bind = GeneratedBases().Select(type => type.GetCustomAttribute<BindServiceMethodAttribute>()).FirstOrDefault(static bind => bind is not null)
            ?? throw new InvalidOperationException($"{typeof(TService).Name} derives from no generated service.");
        var method = bind.BindType.GetMethods(BindingFlags.Public | BindingFlags.Static).Single(method =>
            method.Name == bind.BindMethodName && method.GetParameters() is [{ ParameterType: var first }, _] && first == typeof(ServiceBinderBase));
        method.Invoke(null, [new Binder(context), null]);
    }

    private static IEnumerable<Type> GeneratedBases()
    {
        for (var type = typeof(TService).BaseType; type is not null; type = type.BaseType)
        {
            yield return type;
        }
    }

    private sealed class Binder(ServiceMethodProviderContext<TService> context) : ServiceBinderBase
    {
        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
        {
            var (implementation, metadata) = Find(method.Name, typeof(TRequest), typeof(ServerCallContext));
            context.AddUnaryMethod(Guard(method), metadata, implementation.CreateDelegate<global::Grpc.AspNetCore.Server.Model.UnaryServerMethod<TService, TRequest, TResponse>>());
        }

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
        {
            var (implementation, metadata) = Find(method.Name, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
            context.AddServerStreamingMethod(Guard(method), metadata, implementation.CreateDelegate<global::Grpc.AspNetCore.Server.Model.ServerStreamingServerMethod<TService, TRequest, TResponse>>());
        }

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
        {
            var (implementation, metadata) = Find(method.Name, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
            context.AddClientStreamingMethod(Guard(method), metadata, implementation.CreateDelegate<global::Grpc.AspNetCore.Server.Model.ClientStreamingServerMethod<TService, TRequest, TResponse>>());
        }

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
        {
            var (implementation, metadata) = Find(method.Name, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
            context.AddDuplexStreamingMethod(Guard(method), metadata, implementation.CreateDelegate<global::Grpc.AspNetCore.Server.Model.DuplexStreamingServerMethod<TService, TRequest, TResponse>>());
        }

        private static (MethodInfo Implementation, IList<object> Metadata) Find(string name, params Type[] parameters)
        {
            var implementation = typeof(TService).GetMethod(name, BindingFlags.Public | BindingFlags.Instance, parameters)
                ?? throw new InvalidOperationException($"{typeof(TService).Name} has no method {name} with the parameters of its service.");
            return (implementation, [
                .. typeof(TService).GetCustomAttributes(inherit: true),
                .. implementation.GetCustomAttributes(inherit: true),
                new HttpMethodMetadata(["POST"], acceptCorsPreflight: true),
            ]);
        }

        private static Method<TRequest, TResponse> Guard<TRequest, TResponse>(Method<TRequest, TResponse> method)
            where TRequest : class
            where TResponse : class
        {
            var read = method.RequestMarshaller.ContextualDeserializer;
            var marshaller = new Marshaller<TRequest>(method.RequestMarshaller.ContextualSerializer, bytes =>
            {
                try
                {
                    return read(bytes);
                }
                catch (InvalidProtocolBufferException error)
                {
                    throw new RpcException(new Status(StatusCode.Internal, $"grpc: error unmarshalling request: {error.Message}"));
                }
            });
            return new(method.Type, method.ServiceName, method.Name, marshaller, method.ResponseMarshaller);
        }
    }
}
