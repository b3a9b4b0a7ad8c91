using System.Text;
using Concord.Gossip;
using Concord.Members.Keys;

namespace Concord.Tests.Members;

/// <summary>Keys are exchanged while members talk.</summary>
public sealed class KeyRotationTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("concord-keys-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_key_is_exchanged_under_traffic_and_nothing_is_lost()
    {
        var (old, fresh) = (GossipKey.Generate(), GossipKey.Generate());
        await using var group = await RealGroup.StartAsync(4, i => File(i, old));
        using var events = group[3].Listen(1024);
        var sent = 0;
        using var ended = new CancellationTokenSource();
        var sending = Task.Run(async () =>
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
            while (!ended.IsCancellationRequested && sent < 500)
            {
                await group[sent % 3].SendEventAsync("tick", Encoding.UTF8.GetBytes($"{sent++}"));
                await timer.WaitForNextTickAsync(CancellationToken.None);
            }
        });

        await Everywhere(group, KeyringOperation.Add, fresh, "", [old, fresh]);
        await Everywhere(group, KeyringOperation.Use, null, fresh.Fingerprint, [fresh, old]);
        await Everywhere(group, KeyringOperation.Remove, null, old.Fingerprint, [fresh]);
        await ended.CancelAsync();
        await sending;

        var seen = new HashSet<string>();
        while (seen.Count < sent)
        {
            if (await events.Reader.ReadAsync(RealGroup.Patience) is GossipEvent.UserEventReceived happened)
            {
                Assert.True(seen.Add(Encoding.UTF8.GetString(happened.Event.Payload.Span)), "an event came twice");
            }
        }

        Assert.All(Enumerable.Range(0, 4), i => Assert.Equal([fresh.Fingerprint], Path(i).Read().All.Select(static key => key.Fingerprint)));
        if (!OperatingSystem.IsWindows())
        {
            for (var i = 0; i < 4; i++)
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(Path(i).Path));
            }
        }

        // Who was away knows the old key alone, and is nobody.
        var late = group.Start("late", File(9, old));
        Assert.Equal(0, await late.JoinAsync([group[0].Address], RealGroup.Patience));
        await group.UntilAsync(() => group[0].Traffic.Refused(PacketRefusal.Seal) > 0, "it is counted");
    }

    [Fact]
    public async Task A_change_that_would_cut_members_off_is_not_begun()
    {
        var (old, fresh) = (GossipKey.Generate(), GossipKey.Generate());
        await using var group = await RealGroup.StartAsync(3, i => File(i, old));
        await Assert.ThrowsAsync<KeyringException>(() => group[0].KeyringAsync(KeyringOperation.Use, null, fresh.Fingerprint, RealGroup.Patience));
        await Everywhere(group, KeyringOperation.Add, fresh, "", [old, fresh]);

        var inUse = await Assert.ThrowsAsync<KeyringException>(() => group[0].KeyringAsync(KeyringOperation.Remove, null, old.Fingerprint, RealGroup.Patience));
        Assert.Contains("in use", inUse.Message, StringComparison.Ordinal);

        // One that has died and is not yet known to be dead cannot be asked, so nobody is switched.
        await group[2].DisposeAsync();
        if (group.StatusOf(2, 0) is MemberStatus.Alive or MemberStatus.Suspect)
        {
            var unknown = await Assert.ThrowsAsync<KeyringException>(() => group[0].KeyringAsync(KeyringOperation.Use, null, fresh.Fingerprint, RealGroup.Patience));
            Assert.Contains("m2", unknown.Message, StringComparison.Ordinal);
        }

        Assert.All([Path(0), Path(1)], file => Assert.Equal(old.Fingerprint, file.Read().Primary.Fingerprint));
    }

    [Fact]
    public async Task A_member_that_cannot_keep_a_key_says_so_and_does_not_use_it()
    {
        var (old, fresh) = (GossipKey.Generate(), GossipKey.Generate());
        await using var group = await RealGroup.StartAsync(2, i => File(i, old));
        Directory.CreateDirectory(Path(1).Path + ".new");

        var results = await group[0].KeyringAsync(KeyringOperation.Add, fresh, "", RealGroup.Patience);

        Assert.Null(results[0].Error);
        Assert.Contains("cannot be written", results[1].Error, StringComparison.Ordinal);
        Assert.Equal([old.Fingerprint], results[1].Fingerprints);
    }

    [Fact]
    public async Task Without_a_key_there_is_no_keyring()
    {
        await using var group = await RealGroup.StartAsync(1);
        var refused = await Assert.ThrowsAsync<KeyringException>(() => group[0].KeyringAsync(KeyringOperation.List, null, "", RealGroup.Patience));
        Assert.Contains("--gossip-key-file", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_keyring_file_is_a_list_or_one_key_and_says_what_is_wrong()
    {
        var key = GossipKey.Generate();
        var path = System.IO.Path.Combine(_folder.FullName, "one");
        System.IO.File.WriteAllText(path, key.Text + "\n");
        Assert.Equal(key.Fingerprint, new KeyringFile(path).Read().Primary.Fingerprint);
        foreach (var (content, said) in new[] { ("", "base64"), ("[]", "1 to 8"), ($"[\"{key.Text}\",\"{key.Text}\"]", "twice"), ("[1]", "cannot be read"), ("AAAA", "3") })
        {
            System.IO.File.WriteAllText(path, content);
            var error = Assert.Throws<KeyringException>(() => new KeyringFile(path).Read());
            Assert.Contains(said, error.Message, StringComparison.Ordinal);
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }
    }

    private static async Task Everywhere(RealGroup group, KeyringOperation operation, GossipKey? key, string fingerprint, GossipKey[] then)
    {
        var results = await group[0].KeyringAsync(operation, key, fingerprint, RealGroup.Patience);
        Assert.Equal(group.Members.Count, results.Count);
        Assert.All(results, static one => Assert.Null(one.Error));
        Assert.All(results, one => Assert.Equal(then.Select(static key => key.Fingerprint), one.Fingerprints));
    }

    private KeyringFile Path(int i) => new(System.IO.Path.Combine(_folder.FullName, $"keys{i}.json"));

    private KeyringFile File(int i, GossipKey key)
    {
        Path(i).Write(GossipKeys.Of([key]));
        return Path(i);
    }
}
