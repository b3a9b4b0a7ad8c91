using Concord.Mvcc;

namespace Concord.Tests.Mvcc;

public sealed class KeySpaceTests
{
    [Fact]
    public void A_put_makes_one_revision_and_can_be_read()
    {
        var space = new KeySpace();
        var result = space.Apply(new WriteCommand(new PutOperation("a"u8.ToArray(), "1"u8.ToArray())));
        Assert.Equal(2, result.Revision);
        var view = space.Publish();
        Assert.Equal(StoreError.None, view.Range(new(KeyRange.All), out var range));
        Assert.Equal("1"u8, range!.Items.Single().ValueSpan);
    }
}
