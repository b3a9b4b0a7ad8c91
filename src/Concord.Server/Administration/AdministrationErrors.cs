using Concord.Protocol.V1;
using Concord.Server.Replica;
using Google.Protobuf;
using Grpc.Core;

namespace Concord.Server.Administration;

/// <summary>Refusals as gRPC carries them: a status, and a stable word with the sentence in the trailer <c>concord-error-bin</c>.</summary>
internal static class AdministrationErrors
{
    private const string Trailer = "concord-error-bin";

    public static RpcException Of(MembershipException error) => error.Problem switch
    {
        MembershipProblem.NotFound => Make(StatusCode.NotFound, "unknown_member", error.Message, "See 'concord cluster members'."),
        MembershipProblem.UrlTaken => Make(StatusCode.AlreadyExists, "address_taken", error.Message, "See 'concord cluster members'; a member that comes back after a loss needs the old one removed."),
        MembershipProblem.TooManyLearners => Make(
            StatusCode.FailedPrecondition, "too_many_learners", error.Message, "Promote or remove one, or start the servers with a higher --max-learners."),
        MembershipProblem.NotALearner => Make(StatusCode.FailedPrecondition, "not_a_learner", error.Message),
        MembershipProblem.BadUrls => Make(StatusCode.InvalidArgument, "bad_address", error.Message),
        _ => Make(StatusCode.InvalidArgument, "bad_change", error.Message),
    };

    /// <param name="afterSilence">What to do when no answer came in time.</param>
    public static RpcException Of(ReplicaException error, string afterSilence) => error.Failure switch
    {
        ReplicaFailure.NotEnoughStarted => Make(StatusCode.FailedPrecondition, "not_enough_started", error.Message),
        ReplicaFailure.InvalidChange => Make(StatusCode.FailedPrecondition, "change_not_possible", error.Message),
        ReplicaFailure.LearnerNotReady => Make(StatusCode.Unavailable, "learner_not_ready", error.Message),
        ReplicaFailure.Unhealthy => Make(StatusCode.Unavailable, "unhealthy_cluster", error.Message, "See 'concord cluster status'."),
        ReplicaFailure.TooManyRequests => Make(StatusCode.ResourceExhausted, "too_many_requests", error.Message),
        ReplicaFailure.TimedOut or ReplicaFailure.ConnectionLost or ReplicaFailure.LeaderFailed =>
            Make(StatusCode.Unavailable, "no_answer_in_time", error.Message, afterSilence),
        _ => Make(StatusCode.Unavailable, "unavailable", error.Message),
    };

    public static RpcException SnapshotOvertaken() => Make(
        StatusCode.Aborted, "snapshot_overtaken", "Compaction overtook the copy, which was read too slowly.",
        "Save again, closer to the server or to a faster disk; or compact less often.");

    public static RpcException NothingToSave() => Make(
        StatusCode.FailedPrecondition, "nothing_to_save", "This member has joined and has not received anything yet.", "Ask another member.");

    public static RpcException Make(StatusCode status, string code, string message, string remedy = "") => new(
        new Status(status, message),
        new Metadata { { Trailer, new ErrorDetail { Code = code, Message = message, Remedy = remedy }.ToByteArray() } });
}
