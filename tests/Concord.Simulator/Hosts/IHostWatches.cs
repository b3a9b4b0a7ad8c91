using Concord.Mvcc;

namespace Concord.Simulator.Hosts;

/// <summary>The watches of one process, on its turn. Ends with the process.</summary>
internal interface IHostWatches : IDisposable
{
    /// <summary>Every change up to this revision was handed out; versions that are still to be are not trimmed.</summary>
    long Position { get; }

    void Add(HostWatch watch, KeySpaceView view);

    void Published(KeySpaceView view);
}
