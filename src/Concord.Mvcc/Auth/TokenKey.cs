namespace Concord.Mvcc.Auth;

/// <summary>A secret by which the members sign and recognise each other's tokens.</summary>
/// <param name="Number">Grows with each key and is never used again.</param>
/// <param name="MadeUnixSeconds">When, by the clock of the member that made it; tells when the next is due.</param>
public sealed record TokenKey(long Number, ReadOnlyMemory<byte> Secret, long MadeUnixSeconds);
