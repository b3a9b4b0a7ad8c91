namespace Concord.Client.Users;

/// <summary>What a role may do with keys.</summary>
[Flags]
public enum KeyAccess
{
    None = 0,
    Read = 1,
    Write = 2,
    ReadWrite = Read | Write,
}
