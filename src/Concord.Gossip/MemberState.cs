namespace Concord.Gossip;

public enum MemberStatus : byte
{
    Alive = 0,

    /// <summary>A probe failed; unless it refutes in time, it is declared dead.</summary>
    Suspect = 1,

    Dead = 2,

    /// <summary>It said goodbye.</summary>
    Left = 3,
}

/// <summary>One member as another sees it.</summary>
/// <param name="Incarnation">
/// Rises when the member says something new of itself; only the member itself raises it (SWIM section 4.2).
/// </param>
public readonly record struct MemberState(MemberInfo Info, uint Incarnation, MemberStatus Status);
