using System.Net;

namespace Concord.Server.Hosting.InProcess;

/// <summary>Where the server can be reached without leaving the process; there is one in each server.</summary>
internal sealed class InProcessEndPoint : EndPoint
{
    public const string Host = "in-process";

    public static readonly Uri Address = new($"http://{Host}");

    public static readonly InProcessEndPoint Instance = new();

    public override string ToString() => Host;
}
