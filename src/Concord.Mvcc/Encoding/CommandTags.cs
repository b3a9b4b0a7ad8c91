namespace Concord.Mvcc.Encoding;

/// <summary>The numbers that stand for kinds and options in the binary form. They never change their meaning.</summary>
internal static class CommandTags
{
    public const byte Write = 1;
    public const byte Compact = 2;
    public const byte LeaseGrant = 3;
    public const byte LeaseRevoke = 4;
    public const byte LeaseExpire = 5;
    public const byte OnBehalf = 6;
    public const byte Auth = 7;

    public const byte Range = 1;
    public const byte Put = 2;
    public const byte Delete = 3;
    public const byte Transaction = 4;
}

[Flags]
internal enum RangeFlags : byte
{
    None = 0,
    KeysOnly = 1,
    CountOnly = 2,
    All = KeysOnly | CountOnly,
}

[Flags]
internal enum PutFlags : byte
{
    None = 0,
    ReturnPrevious = 1,
    IgnoreValue = 2,
    IgnoreLease = 4,
    HasLease = 8,
    All = ReturnPrevious | IgnoreValue | IgnoreLease | HasLease,
}
