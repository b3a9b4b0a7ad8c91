using Concord.Client.Members;

namespace Concord.Client;

public sealed partial class ConcordClient
{
    /// <summary>Who is there by gossip: servers and agents of hosts.</summary>
    public MembersClient Members => field ??= new MembersClient(Invoker);
}
