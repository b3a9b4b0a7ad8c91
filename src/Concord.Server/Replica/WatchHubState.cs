namespace Concord.Server.Replica;

/// <summary>What the watches of a replica hold at one moment.</summary>
/// <param name="Behind">Watches that read history: they just began in the past, or their reader was too slow.</param>
/// <param name="Waiting">Notices that wait for their streams' readers.</param>
/// <param name="Events">Events that were given to watches since the start; one change counts once for each watch.</param>
public readonly record struct WatchHubState(int Streams, int Watches, int Behind, long Waiting, long Events);
