namespace Concord.Server.Administration;

internal enum MembershipProblem
{
    /// <summary>The addresses of a new member are no addresses, or none are given.</summary>
    BadUrls,

    /// <summary>Another member has an address.</summary>
    UrlTaken,

    NotFound,

    /// <summary>Only a learner can be promoted.</summary>
    NotALearner,

    /// <summary>More members without a vote than are allowed.</summary>
    TooManyLearners,

    /// <summary>The changes contradict each other, or there are none.</summary>
    BadChange,
}

/// <summary>A change of membership that is wrong in itself; nothing was tried. The message says what and how to do better.</summary>
internal sealed class MembershipException(MembershipProblem problem, string message) : Exception(message)
{
    public MembershipProblem Problem { get; } = problem;
}
