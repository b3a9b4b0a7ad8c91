using Concord.Gossip;
using Microsoft.Extensions.Logging;

namespace Concord.Members;

/// <summary>What the gossip group says, ids 2000 to 2099.</summary>
internal sealed partial class GossipLog(ILogger logger)
{
    [LoggerMessage(2000, LogLevel.Information, "Gossip: {Name} is reached at {Address}")]
    public partial void Started(string name, GossipAddress address);

    [LoggerMessage(2001, LogLevel.Warning, "Gossip is not encrypted: whoever reaches {Address} can say who is there and who is dead. Make a key ('concord keyring generate') and give it to all members")]
    public partial void NoKey(GossipAddress address);

    [LoggerMessage(2002, LogLevel.Information, "Gossip: {Name} at {Address} is there")]
    public partial void Joined(string name, GossipAddress address);

    [LoggerMessage(2003, LogLevel.Information, "Gossip: {Name} has left")]
    public partial void Left(string name);

    [LoggerMessage(2004, LogLevel.Warning, "Gossip: {Name} is dead, says {From}")]
    public partial void Died(string name, string from);

    [LoggerMessage(2005, LogLevel.Debug, "Gossip: {Name} does not answer {From}")]
    public partial void Suspected(string name, string from);

    [LoggerMessage(2006, LogLevel.Warning, "Gossip: another process at {Other} uses the name {Name}. Give it another one")]
    public partial void Conflict(string name, GossipAddress other);

    [LoggerMessage(2007, LogLevel.Information, "Gossip: others took this member for dead; it objected")]
    public partial void Refuted();

    [LoggerMessage(2008, LogLevel.Warning, "Gossip: {Name} answers over TCP but not over UDP. Let UDP through to its port")]
    public partial void PacketsBlocked(string name);

    [LoggerMessage(2009, LogLevel.Warning, "Gossip: something from {From} was refused ({Why}); concord_gossip_refused_total counts")]
    public partial void Refused(object from, PacketRefusal why);

    [LoggerMessage(2010, LogLevel.Warning, "Gossip: connections cannot be taken; trying again")]
    public partial void AcceptFailed(Exception error);

    [LoggerMessage(2011, LogLevel.Error, "Gossip has ended by a fault of this program")]
    public partial void LoopFailed(Exception error);

    [LoggerMessage(2012, LogLevel.Information, "Gossip: nobody answered at {Seeds}; trying again")]
    public partial void JoinFailed(string seeds);

    [LoggerMessage(2014, LogLevel.Information, "Gossip keys: {Operation} {Fingerprint}, {Done} of {Members} members")]
    public partial void KeyringChanged(Keys.KeyringOperation operation, string fingerprint, int done, int members);
}
