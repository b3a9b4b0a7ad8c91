namespace Concord.Storage;

/// <summary>
/// Starts reading the newest snapshot to its end, on a thread of its own, while the log is read. A replica so reads the file
/// once: to load its state is to check it.
/// </summary>
/// <param name="snapshot">To be disposed by whoever reads it.</param>
/// <returns>
/// What waits for the end, and throws <see cref="StorageDamagedException"/> if the file is damaged. It is not called when it
/// turns out that the replica starts from another snapshot, or not at all.
/// </returns>
public delegate Action SnapshotReading(SnapshotReader snapshot);
