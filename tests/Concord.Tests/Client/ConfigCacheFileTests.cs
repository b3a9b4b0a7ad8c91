using System.Collections.ObjectModel;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Concord.Client.Cache;
using Concord.Client.Configs;
using Concord.Client.Subscriptions;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Tests.Client;

public sealed class ConfigCacheFileTests : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"concord-{Guid.NewGuid():N}");

    private static SettingsSnapshot Snapshot { get; } = new(
        new ReadOnlyDictionary<string, string>(new Dictionary<string, string> { ["Pricing:Discount"] = "0.10", ["Empty"] = "", ["Ünï"] = "çødé" }),
        "v7", release: 7, revision: 1234, ["Pricing:Base refers to nothing"]);

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void What_was_saved_is_loaded()
    {
        File().Save(Snapshot);

        Assert.True(File().TryLoad(out var loaded));
        Assert.Equal(Snapshot.Settings, loaded.Settings);
        Assert.Equal(("v7", 7L, 1234L), (loaded.Version, loaded.Release, loaded.Revision));
        Assert.Equal(Snapshot.Problems, loaded.Problems);
    }

    [Fact]
    public void Saving_replaces_the_file_and_leaves_nothing_beside_it()
    {
        File().Save(Snapshot);
        File().Save(new SettingsSnapshot(Snapshot.Settings, "v8", 8, 1300, []));

        Assert.True(File().TryLoad(out var loaded));
        Assert.Equal(8, loaded.Release);
        Assert.Equal([File().Path], Directory.GetFiles(_directory));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Only_this_user_may_read_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows keeps local application data private by itself.");
        File().Save(Snapshot);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File().Path));
    }

    [Fact]
    public void A_missing_file_is_no_fault() => Assert.False(File().TryLoad(out _));

    [Fact]
    public void Damage_anywhere_is_noticed()
    {
        File().Save(Snapshot);
        var intact = System.IO.File.ReadAllBytes(File().Path);
        for (var i = 0; i < intact.Length; i++)
        {
            var damaged = intact.ToArray();
            damaged[i] ^= 0x10;
            System.IO.File.WriteAllBytes(File().Path, damaged);

            Assert.False(File().TryLoad(out _), $"a changed byte {i} went unnoticed");
        }
    }

    [Fact]
    public void Truncation_anywhere_is_noticed()
    {
        File().Save(Snapshot);
        var intact = System.IO.File.ReadAllBytes(File().Path);
        for (var length = 0; length < intact.Length; length++)
        {
            System.IO.File.WriteAllBytes(File().Path, intact[..length]);

            Assert.False(File().TryLoad(out _), $"a length of {length} went unnoticed");
        }
    }

    [Fact]
    public void Views_have_files_of_their_own_and_a_foreign_one_is_not_taken()
    {
        var other = File(view: TestClients.Orders with { Labels = new Dictionary<string, string> { ["zone"] = "a" } });
        File().Save(Snapshot);

        Assert.False(other.TryLoad(out _));
        System.IO.File.Copy(File().Path, other.Path);
        Assert.False(other.TryLoad(out _));
    }

    [Fact]
    public void An_encrypted_file_hides_the_values_and_needs_the_key()
    {
        File(Xor).Save(Snapshot);

        Assert.DoesNotContain("Pricing", System.Text.Encoding.UTF8.GetString(System.IO.File.ReadAllBytes(File().Path)), StringComparison.Ordinal);
        Assert.True(File(Xor).TryLoad(out var loaded));
        Assert.Equal(Snapshot.Settings, loaded.Settings);
        Assert.False(File().TryLoad(out _));
        Assert.False(File(new ConfigCacheProtector(plain => plain, _ => throw new CryptographicException("wrong key"))).TryLoad(out _));
    }

    [Fact]
    public void A_plain_file_is_not_trusted_where_encryption_is_asked_for()
    {
        File().Save(Snapshot);

        Assert.False(File(Xor).TryLoad(out _));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void A_directory_that_others_may_write_to_is_not_trusted()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix file modes.");
        File().Save(Snapshot);
        System.IO.File.SetUnixFileMode(_directory, System.IO.File.GetUnixFileMode(_directory) | UnixFileMode.OtherWrite);

        Assert.False(File().TryLoad(out _));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_no_reason_to_fail()
    {
        Directory.CreateDirectory(_directory);
        var blocked = Path.Combine(_directory, "file");
        System.IO.File.WriteAllText(blocked, "");

        new ConfigCacheFile(Path.Combine(blocked, "below"), TestClients.Orders, NullLogger.Instance).Save(Snapshot);

        Assert.Equal("", System.IO.File.ReadAllText(blocked));
    }

    private static ConfigCacheProtector Xor { get; } = new(Flip, Flip);

    private static byte[] Flip(byte[] bytes) => [.. bytes.Select(b => (byte)(b ^ 0x5A))];

    private ConfigCacheFile File(ConfigCacheProtector? protector = null, ConfigurationView? view = null) =>
        new(_directory, view ?? TestClients.Orders, NullLogger.Instance, protector);
}
