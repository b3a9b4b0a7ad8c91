using Concord.Mvcc;
using Concord.Mvcc.Auth;
using static Concord.Tests.Mvcc.Access.AuthStore;

namespace Concord.Tests.Mvcc.Access;

/// <summary>What a command needs, at the moment when it is applied.</summary>
public sealed class AccessTests
{
    [Fact]
    public void Nobody_is_refused_and_root_is_not()
    {
        var store = Enabled();
        Assert.Equal(StoreError.UserEmpty, store.As(null, Put("a")));
        Assert.Equal(StoreError.UserEmpty, store.As(null, new AuthCommand(new DisableAuth())));
        Assert.Equal(StoreError.PermissionDenied, store.As("nobody", Put("a")));
        Assert.Equal(StoreError.PermissionDenied, store.As("alice", Put("a")));
        Assert.Equal(StoreError.None, store.As("root", Put("a")));
        Assert.Equal(2, store.Space.Revision);
    }

    [Fact]
    public void The_end_of_leases_is_nobodys_call()
    {
        var store = Enabled();
        Assert.Equal(StoreError.None, store.As("alice", new LeaseGrantCommand(new(7), 10)));
        Assert.Equal(StoreError.None, store.As(null, new LeaseExpireCommand([new(7)])));
        Assert.Empty(store.Space.Publish().Leases());
    }

    [Fact]
    public void The_server_itself_may_do_everything_and_no_user_can_be_it()
    {
        var store = Enabled();
        Assert.Equal(StoreError.None, store.Space.Apply(new WriteCommand(Put("a")) { Caller = Caller.Server }).Error);
        Assert.Equal(StoreError.None, store.Space.Apply(new CompactCommand(2) { Caller = Caller.Server }).Error);
        var view = store.Space.Publish();
        Assert.Equal(StoreError.PermissionDenied, view.CheckAccess(Caller.Server, new RangeOperation(Range("a"))));
        Assert.Equal(StoreError.PermissionDenied, view.Auth.Identify(Caller.Server, out _));
    }

    [Fact]
    public void A_single_key_is_not_what_comes_after_it()
    {
        var store = Enabled(Full("a"));
        var view = store.Space.Publish();
        var alice = new Caller("alice", view.Auth.Revision);
        Assert.Equal(StoreError.None, view.CheckAccess(alice, new RangeOperation(Range("a"))));
        Assert.Equal(StoreError.PermissionDenied, view.CheckAccess(alice, new RangeOperation(KeyRange.From(Text.Bytes("a")))));
        Assert.Equal(StoreError.PermissionDenied, view.CheckAccess(alice, new RangeOperation(Range("a", "b"))));
        Assert.Equal(StoreError.None, view.CheckAccess(alice, new RangeOperation(Range("a", "a\0"))));
        Assert.Equal(StoreError.PermissionDenied, store.As("alice", new DeleteOperation(KeyRange.All)));
    }

    [Fact]
    public void The_pair_before_needs_reading()
    {
        var store = Enabled(Writes("w"), Full("rw"));
        Assert.Equal(StoreError.PermissionDenied, store.As("alice", Put("w") with { ReturnPrevious = true }));
        Assert.Equal(StoreError.PermissionDenied, store.As("alice", new DeleteOperation(Range("w")) { ReturnPrevious = true }));
        Assert.Equal(StoreError.None, store.As("alice", Put("rw") with { ReturnPrevious = true }));
        Assert.Equal(StoreError.None, store.As("alice", new DeleteOperation(Range("w"))));
    }

    [Fact]
    public void A_transaction_needs_both_branches_at_every_depth_and_its_comparisons()
    {
        var store = Enabled(Writes("w"), Reads("r"));
        var never = new Comparison(Range("r"), ComparisonTarget.Version, ComparisonResult.Less);
        Operation[] allowed = [Put("w")];
        foreach (Operation forbidden in new Operation[]
        {
            Put("x"), new RangeOperation(Range("w")), new DeleteOperation(Range("r")), Put("w") with { ReturnPrevious = true },
        })
        {
            Operation[] nested = [new TransactionOperation([], [], [forbidden])];
            Assert.Equal(StoreError.PermissionDenied, store.As("alice", new TransactionOperation([never], [forbidden], allowed)));
            Assert.Equal(StoreError.PermissionDenied, store.As("alice", new TransactionOperation([], allowed, [forbidden])));
            Assert.Equal(StoreError.PermissionDenied, store.As("alice", new TransactionOperation([], allowed, nested)));
            Assert.Equal(StoreError.PermissionDenied, store.As("alice", new TransactionOperation([never], nested, allowed)));
        }

        var compares = new Comparison(Range("w"), ComparisonTarget.Version, ComparisonResult.Equal);
        Assert.Equal(StoreError.PermissionDenied, store.As("alice", new TransactionOperation([compares], allowed, [])));
        Assert.Equal(StoreError.None, store.As("alice", new TransactionOperation([never], [], allowed)));
    }

    [Fact]
    public void A_lease_is_only_for_those_who_may_write_all_its_keys()
    {
        var store = Enabled(Writes("a"), Writes("b"));
        Assert.Equal(StoreError.None, store.As("root", new LeaseGrantCommand(new(1), 10)));
        Assert.Equal(StoreError.None, store.As("root", Put("a", 1)));
        Assert.Equal(StoreError.None, store.As("alice", Put("b", 1)));
        Assert.Equal(StoreError.None, store.As("root", Put("x", 1)));
        Assert.Equal(StoreError.PermissionDenied, store.As("alice", Put("b", 1)));
        Assert.Equal(StoreError.PermissionDenied, store.As("alice", new TransactionOperation([], [Put("b", 1)], [])));
        Assert.Equal(StoreError.PermissionDenied, store.As("alice", new LeaseRevokeCommand(new(1))));
        Assert.Equal(StoreError.None, store.As("alice", Put("b") with { IgnoreLease = true }));
        Assert.Equal(StoreError.None, store.As("root", new DeleteOperation(Range("x"))));
        Assert.Equal(StoreError.None, store.As("alice", new LeaseRevokeCommand(new(1))));
        Assert.Equal(StoreError.LeaseNotFound, store.As("alice", new LeaseRevokeCommand(new(1))));
    }

    [Fact]
    public void Compaction_and_administration_are_roots()
    {
        var store = Enabled(new Permission(Concord.Mvcc.Auth.Access.ReadWrite, KeyRange.All));
        Assert.Equal(StoreError.None, store.As("alice", Put("a")));
        Assert.Equal(StoreError.PermissionDenied, store.As("alice", new CompactCommand(2)));
        Assert.Equal(StoreError.PermissionDenied, store.As("alice", new AuthCommand(new AddRole("mine"))));
        Assert.Equal(StoreError.None, store.As("root", new CompactCommand(2)));
    }

    [Fact]
    public void Keys_of_the_slices_are_roots_unless_a_slice_says_what_it_needs()
    {
        var store = Enabled(new Permission(Concord.Mvcc.Auth.Access.ReadWrite, KeyRange.All));
        Assert.Equal(StoreError.PermissionDenied, store.As("alice", Put("/concord/x")));
        Assert.Equal(StoreError.PermissionDenied, store.As("alice", new DeleteOperation(KeyRange.All)));
        Assert.Equal(StoreError.PermissionDenied, store.As("alice", new DeleteOperation(Range("/concor", "/concord/a"))));
        Assert.Equal(StoreError.None, store.As("alice", new DeleteOperation(Range("/concord0", "x"))));
        Assert.Equal(StoreError.None, store.As("root", Put("/concord/x")));

        var caller = new Caller("alice", store.Auth.Revision) { Required = [new(Concord.Mvcc.Auth.Access.Write, Range("/concord/x"))] };
        Assert.Equal(StoreError.None, store.Space.Apply(new WriteCommand(Put("/concord/counter")) { Caller = caller }).Error);
        store.Ok(new RevokePermission("r", KeyRange.All));
        Assert.Equal(StoreError.PermissionDenied, store.Space.Apply(new WriteCommand(Put("/concord/counter")) { Caller = caller }).Error);
    }

    [Fact]
    public void What_changed_between_the_proposal_and_applying_counts()
    {
        var store = Enabled(Writes("a"));
        var put = store.By("alice", new WriteCommand(Put("a")));
        store.Ok(new AddRole("other"));
        Assert.Equal(StoreError.None, store.Space.Apply(put).Error);
        store.Ok(new RevokeRole("alice", "r"));
        Assert.Equal(StoreError.PermissionDenied, store.Space.Apply(put).Error);
        store.Ok(new GrantRole("alice", "r"));
        Assert.Equal(StoreError.None, store.Space.Apply(put).Error);
        store.Ok(new ChangePassword("alice", "other"));
        Assert.Equal(StoreError.AuthOldRevision, store.Space.Apply(put).Error);
        store.Ok(new DeleteUser("alice"));
        Assert.Equal(StoreError.PermissionDenied, store.Space.Apply(put).Error);
        store.Ok(new AddUser("alice", "h", HasNoPassword: false));
        store.Ok(new GrantRole("alice", "r"));
        Assert.Equal(StoreError.AuthOldRevision, store.Space.Apply(put).Error);
        Assert.Equal(StoreError.None, store.As("alice", Put("a")));
    }

    [Fact]
    public void A_role_that_changes_changes_what_its_users_may_do_in_new_views_only()
    {
        var store = Enabled();
        var before = store.Space.Publish();
        var alice = new Caller("alice", before.Auth.Revision);
        Assert.Equal(StoreError.PermissionDenied, before.CheckAccess(alice, new RangeOperation(Range("a"))));
        store.Ok(new GrantPermission("r", Reads("a")));
        Assert.Equal(StoreError.None, store.Space.Publish().CheckAccess(alice, new RangeOperation(Range("a"))));
        Assert.Equal(StoreError.PermissionDenied, before.CheckAccess(alice, new RangeOperation(Range("a"))));
    }
}
