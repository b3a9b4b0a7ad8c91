using System.Text;
using Concord.Simulator.Disk;
using Concord.Storage;

namespace Concord.Tests.Storage;

public sealed class MemberFileTests
{
    private readonly SimulatedDisk _disk = new(seed: 1);

    [Fact]
    public void The_identity_is_written_at_the_first_start()
    {
        Assert.Null(MemberFile.TryRead(_disk));
        Sample.Recover(_disk);
        Assert.Equal(Sample.Identity, MemberFile.TryRead(_disk));
        Assert.Contains("\"memberId\": \"a1\"", Encoding.UTF8.GetString(_disk.Contents("member.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_name_is_taken_over()
    {
        Sample.Recover(_disk);
        ReplicaStorage.Open(_disk, Sample.Identity with { Name = "two" }, Sample.Small, out _).Dispose();
        Assert.Equal("two", MemberFile.TryRead(_disk)!.Name);
    }

    [Fact]
    public void The_directory_of_another_member_or_cluster_refuses_and_names_both()
    {
        Sample.Recover(_disk);
        foreach (MemberIdentity other in (MemberIdentity[])[Sample.Identity with { MemberId = 0xB2 }, Sample.Identity with { ClusterId = 0xB2 }])
        {
            string message = Assert.Throws<StorageMismatchException>(() =>
                ReplicaStorage.Open(_disk, other, Sample.Small, out _)).Message;
            Assert.Contains("(a1)", message, StringComparison.Ordinal);
            Assert.Contains("b2", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Any_flipped_bit_refuses_or_changes_nothing()
    {
        Sample.Recover(_disk);
        for (int bit = 0; bit < _disk.Contents("member.json").Length * 8; bit++)
        {
            SimulatedDisk disk = _disk.CloneAfterKill(1);
            disk.FlipBit("member.json", bit / 8, bit % 8);
            try
            {
                Assert.Equal(Sample.Identity, MemberFile.TryRead(disk)); // such as a space that became a line feed
            }
            catch (Exception error) when (error is StorageDamagedException or StorageMismatchException)
            {
                Assert.Contains("member.json", error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_missing_identity_file_refuses_when_there_is_data()
    {
        using (ReplicaStorage storage = Sample.Open(_disk))
        {
            storage.Log.Append(null, Sample.Entries(1, 1));
            storage.Log.Flush();
        }

        _disk.Lose("member.json");
        Assert.Equal("member.json", Assert.Throws<StorageDamagedException>(() => Sample.Recover(_disk)).Path);
    }

    [Fact]
    public void A_second_process_is_refused_until_the_first_is_gone()
    {
        using (Sample.Open(_disk))
            Assert.Throws<DiskInUseException>(() => Sample.Recover(_disk));
        Sample.Recover(_disk);
    }
}
