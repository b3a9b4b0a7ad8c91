using Concord.Mvcc;
using Concord.Server.Administration;
using Concord.Server.Auth;
using Concord.Server.Replica;
using Grpc.Core;

namespace Concord.Server.Etcd;

/// <summary>
/// The errors of etcd's API. Clients in several languages tell errors apart by the text, so code and text are part of
/// the contract and must not be reworded.
/// </summary>
internal static class EtcdErrors
{
    public const string CompactedText = "etcdserver: mvcc: required revision has been compacted";
    public const string DuplicateWatchIdText = "mvcc: duplicate watch ID provided on the WatchStream";
    public const string EmptyWatchRangeText = "mvcc: watcher range is empty";

    public static RpcException EmptyKey() => Error(StatusCode.InvalidArgument, "etcdserver: key is not provided");

    public static RpcException KeyNotFound() => Error(StatusCode.InvalidArgument, "etcdserver: key not found");

    public static RpcException ValueProvided() => Error(StatusCode.InvalidArgument, "etcdserver: value is provided");

    public static RpcException LeaseProvided() => Error(StatusCode.InvalidArgument, "etcdserver: lease is provided");

    public static RpcException TooManyOperations() =>
        Error(StatusCode.InvalidArgument, "etcdserver: too many operations in txn request");

    public static RpcException DuplicateKey() =>
        Error(StatusCode.InvalidArgument, "etcdserver: duplicate key given in txn request");

    public static RpcException InvalidSortOption() => Error(StatusCode.InvalidArgument, "etcdserver: invalid sort option");

    public static RpcException RequestTooLarge() => Error(StatusCode.InvalidArgument, "etcdserver: request is too large");

    public static RpcException LeaseNotFound() => Error(StatusCode.NotFound, "etcdserver: requested lease not found");

    public static RpcException LeaseExists() => Error(StatusCode.FailedPrecondition, "etcdserver: lease already exists");

    public static RpcException LeaseTtlTooLarge() => Error(StatusCode.OutOfRange, "etcdserver: too large lease TTL");

    public static RpcException Compacted() => Error(StatusCode.OutOfRange, CompactedText);

    public static RpcException FutureRevision() =>
        Error(StatusCode.OutOfRange, "etcdserver: mvcc: required revision is a future revision");

    public static RpcException NoSpace() =>
        Error(StatusCode.ResourceExhausted, "etcdserver: mvcc: database space exceeded");

    public static RpcException TooManyRequests() => Error(StatusCode.ResourceExhausted, "etcdserver: too many requests");

    public static RpcException NoLeader() => Error(StatusCode.Unavailable, "etcdserver: no leader");

    public static RpcException Stopped() => Error(StatusCode.Unavailable, "etcdserver: server stopped");

    public static RpcException TimedOut() => Error(StatusCode.Unavailable, "etcdserver: request timed out");

    public static RpcException TimedOutConnectionLost() =>
        Error(StatusCode.Unavailable, "etcdserver: request timed out, possibly due to connection lost");

    public static RpcException TimedOutLeaderFailed() =>
        Error(StatusCode.Unavailable, "etcdserver: request timed out, possibly due to previous leader failure");

    public static RpcException PeerUrlExists() => Error(StatusCode.FailedPrecondition, "etcdserver: Peer URLs already exists");

    public static RpcException MemberBadUrls() => Error(StatusCode.InvalidArgument, "etcdserver: given member URLs are invalid");

    public static RpcException LearnerNotReady() =>
        Error(StatusCode.FailedPrecondition, "etcdserver: can only promote a learner member which is in sync with leader");

    public static RpcException NotEnoughStarted() =>
        Error(StatusCode.FailedPrecondition, "etcdserver: re-configuration failed due to not enough started members");

    public static RpcException Unhealthy() => Error(StatusCode.Unavailable, "etcdserver: unhealthy cluster");

    public static RpcException InvalidChange(string reason) => Error(StatusCode.FailedPrecondition, $"etcdserver: {reason}");

    public static RpcException NotLeader() => Error(StatusCode.FailedPrecondition, "etcdserver: not leader");

    public static RpcException BadLeaderTransferee() =>
        Error(StatusCode.FailedPrecondition, "etcdserver: bad leader transferee");

    public static RpcException MemberNotFound() => Error(StatusCode.NotFound, "etcdserver: member not found");

    public static RpcException MemberNotLearner() =>
        Error(StatusCode.FailedPrecondition, "etcdserver: can only promote a learner member");

    public static RpcException UserEmpty() => Error(StatusCode.InvalidArgument, "etcdserver: user name is empty");

    public static RpcException RoleEmpty() => Error(StatusCode.InvalidArgument, "etcdserver: role name is empty");

    public static RpcException AuthFailed() =>
        Error(StatusCode.InvalidArgument, "etcdserver: authentication failed, invalid user ID or password");

    public static RpcException AuthNotEnabled() =>
        Error(StatusCode.FailedPrecondition, "etcdserver: authentication is not enabled");

    public static RpcException AuthOldRevision() =>
        Error(StatusCode.InvalidArgument, "etcdserver: revision of auth store is old");

    public static RpcException InvalidAuthToken() => Error(StatusCode.Unauthenticated, "etcdserver: invalid auth token");

    public static RpcException PermissionDenied() => Error(StatusCode.PermissionDenied, "etcdserver: permission denied");

    public static RpcException PermissionNotGiven() => Error(StatusCode.InvalidArgument, "etcdserver: permission not given");

    public static RpcException BadPassword(string reason) => Error(StatusCode.InvalidArgument, $"etcdserver: {reason}");

    public static RpcException BadName(int charactersMax) =>
        Error(StatusCode.InvalidArgument, $"etcdserver: a name has at most {charactersMax} characters");

    public static RpcException TooManyLearners() =>
        Error(StatusCode.FailedPrecondition, "etcdserver: too many learner members in cluster");

    public static RpcException WrongDowngradeVersionFormat() =>
        Error(StatusCode.InvalidArgument, "etcdserver: wrong downgrade target version format");

    public static RpcException InvalidDowngradeTargetVersion() =>
        Error(StatusCode.InvalidArgument, "etcdserver: invalid downgrade target version");

    public static RpcException DowngradeInProcess() =>
        Error(StatusCode.FailedPrecondition, "etcdserver: cluster has a downgrade job in progress");

    public static RpcException NoInflightDowngrade() =>
        Error(StatusCode.FailedPrecondition, "etcdserver: no inflight downgrade job");

    public static RpcException UnknownMethod() => Error(StatusCode.Unknown, "etcdserver: unknown method");

    public static RpcException SnapshotTooSlow() =>
        Error(StatusCode.Aborted, "etcdserver: the snapshot was read too slowly and was given up");

    public static RpcException NothingToSave() =>
        Error(StatusCode.FailedPrecondition, "etcdserver: this member has joined and has not received anything yet");

    public static RpcException SessionExpired() => Error(StatusCode.Unknown, "mutex: session is expired");

    public static RpcException ElectionNotLeader() => Error(StatusCode.Unknown, "election: not leader");

    public static RpcException ElectionNoLeader() => Error(StatusCode.Unknown, "election: no leader");

    public static RpcException LeaderFieldMissing() => Error(StatusCode.Unknown, "\"leader\" field must be provided");

    public static RpcException Unimplemented(string what) => Error(StatusCode.Unimplemented, what);

    /// <summary>The error of an operation that is wrong whatever the state of the store.</summary>
    public static RpcException From(OperationError error) => error switch
    {
        OperationError.EmptyKey => EmptyKey(),
        OperationError.KeyTooLarge or OperationError.ValueTooLarge => RequestTooLarge(),
        OperationError.ValueProvided => ValueProvided(),
        OperationError.LeaseProvided => LeaseProvided(),
        OperationError.TooManyOperations => TooManyOperations(),
        OperationError.DuplicateKey => DuplicateKey(),
        OperationError.InvalidSortOption => InvalidSortOption(),
        // etcd lets unknown comparisons hold; a transaction that runs although nobody knows why is worse than an error.
        OperationError.InvalidComparison => Error(StatusCode.InvalidArgument, "etcdserver: unknown comparison in txn request"),
        OperationError.MissingOperation => KeyNotFound(),
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, "A rule has an error that the etcd API has no text for."),
    };

    /// <summary>The error of a command or read that the store refused.</summary>
    public static RpcException From(StoreError error) => error switch
    {
        StoreError.KeyNotFound => KeyNotFound(),
        StoreError.LeaseNotFound => LeaseNotFound(),
        StoreError.LeaseExists => LeaseExists(),
        StoreError.Compacted => Compacted(),
        StoreError.FutureRevision => FutureRevision(),
        StoreError.UserEmpty => UserEmpty(),
        StoreError.PermissionDenied => PermissionDenied(),
        StoreError.AuthOldRevision => AuthOldRevision(),
        StoreError.RootUserNotExist => Error(StatusCode.FailedPrecondition, "etcdserver: root user does not exist"),
        StoreError.RootRoleNotExist => Error(StatusCode.FailedPrecondition, "etcdserver: root user does not have root role"),
        StoreError.UserAlreadyExists => Error(StatusCode.FailedPrecondition, "etcdserver: user name already exists"),
        StoreError.UserNotFound => Error(StatusCode.FailedPrecondition, "etcdserver: user name not found"),
        StoreError.UserHasNoPassword => Error(
            StatusCode.FailedPrecondition, "etcdserver: the user was added without a password; delete it and add it with one"),
        StoreError.RoleAlreadyExists => Error(StatusCode.FailedPrecondition, "etcdserver: role name already exists"),
        StoreError.RoleNotFound => Error(StatusCode.FailedPrecondition, "etcdserver: role name not found"),
        StoreError.RoleNotGranted => Error(StatusCode.FailedPrecondition, "etcdserver: role is not granted to the user"),
        StoreError.PermissionNotGranted => Error(StatusCode.FailedPrecondition, "etcdserver: permission is not granted to the role"),
        StoreError.InvalidAuthManagement => Error(StatusCode.InvalidArgument, "etcdserver: invalid auth management"),
        StoreError.AuthLimitReached => Error(
            StatusCode.ResourceExhausted, "etcdserver: there are as many users, roles or permissions as the store takes"),
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, "The store has an error that the etcd API has no text for."),
    };

    /// <summary>The error of a request that got no further than the gate.</summary>
    public static RpcException From(AuthRefusal refusal) => refusal switch
    {
        AuthRefusal.UserEmpty => UserEmpty(),
        AuthRefusal.InvalidToken => InvalidAuthToken(),
        AuthRefusal.OldRevision => AuthOldRevision(),
        AuthRefusal.WrongPassword => AuthFailed(),
        AuthRefusal.PermissionDenied => PermissionDenied(),
        AuthRefusal.TooBusy => TooManyRequests(),
        _ => NoLeader(),
    };

    /// <summary>An error as a watch's reason to end says it: how Go prints it.</summary>
    public static string AsReason(RpcException error) => $"rpc error: code = {error.StatusCode} desc = {error.Status.Detail}";

    /// <summary>The error of a call that the replica could not take or finish.</summary>
    public static RpcException From(ReplicaException exception) => exception.Failure switch
    {
        ReplicaFailure.TooManyRequests => TooManyRequests(),
        ReplicaFailure.NoLeader => NoLeader(),
        ReplicaFailure.Stopped => Stopped(),
        ReplicaFailure.TimedOut => TimedOut(),
        ReplicaFailure.ConnectionLost => TimedOutConnectionLost(),
        ReplicaFailure.LeaderFailed => TimedOutLeaderFailed(),
        ReplicaFailure.InvalidChange => InvalidChange(exception.Message),
        ReplicaFailure.LearnerNotReady => LearnerNotReady(),
        ReplicaFailure.NotEnoughStarted => NotEnoughStarted(),
        ReplicaFailure.Unhealthy => Unhealthy(),
        ReplicaFailure.NotLeader => NotLeader(),
        ReplicaFailure.BadTransferTarget => BadLeaderTransferee(),
        ReplicaFailure.NoSpace or ReplicaFailure.DiskFull => NoSpace(),
        ReplicaFailure.RequestTooLarge => RequestTooLarge(),
        _ => throw new ArgumentOutOfRangeException(nameof(exception), exception.Failure, "The replica has a failure that the etcd API has no text for."),
    };

    /// <summary>The error of a change of membership that is wrong in itself.</summary>
    public static RpcException From(MembershipException exception) => exception.Problem switch
    {
        MembershipProblem.BadUrls => MemberBadUrls(),
        MembershipProblem.UrlTaken => PeerUrlExists(),
        MembershipProblem.NotFound => MemberNotFound(),
        MembershipProblem.NotALearner => MemberNotLearner(),
        MembershipProblem.TooManyLearners => TooManyLearners(),
        _ => InvalidChange(exception.Message),
    };

    private static RpcException Error(StatusCode code, string text) => new(new Status(code, text), text);
}
