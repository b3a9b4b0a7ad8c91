namespace Concord.Mvcc.Auth;

/// <summary>What may be done with keys.</summary>
[Flags]
public enum Access : byte
{
    None = 0,
    Read = 1,
    Write = 2,
    ReadWrite = Read | Write,
}
