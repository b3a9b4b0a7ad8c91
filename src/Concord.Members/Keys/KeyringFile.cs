using System.Text.Json;
using System.Text.Json.Serialization;

namespace Concord.Members.Keys;

/// <summary>
/// A keyring on disk: a JSON list of base64 texts, the key in use first, or a single base64 text. Rewritten when keys are
/// exchanged, so that a member that starts again knows what the others know.
/// </summary>
public sealed class KeyringFile(string path)
{
    /// <summary>Eight keys are under 500 bytes; more is another file.</summary>
    private const int BytesMax = 64 << 10;

    public string Path => path;

    /// <exception cref="KeyringException">It cannot be read or is no keyring.</exception>
    public GossipKeys Read()
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > BytesMax })
            {
                throw new KeyringException($"'{path}' is no keyring: it is larger than {BytesMax} bytes");
            }

            var text = File.ReadAllText(path).Trim();
            var keys = text.StartsWith('[') ? JsonSerializer.Deserialize(text, KeyringJson.Default.StringArray)! : [text];
            return GossipKeys.Of([.. keys.Select(GossipKey.Parse)]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new KeyringException($"'{path}' cannot be read as a keyring ({error.Message}); write a key into it with 'concord keyring generate'");
        }
        catch (KeyringException error)
        {
            throw new KeyringException($"'{path}': {error.Message}");
        }
    }

    /// <summary>The old content or the new one is there, whatever happens; only the owner may read it.</summary>
    /// <exception cref="KeyringException">It cannot be written.</exception>
    public void Write(GossipKeys keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        string fresh = path + ".new";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var stream = new FileStream(fresh, options))
            {
                JsonSerializer.Serialize(stream, [.. keys.All.Select(static key => key.Text)], KeyringJson.Default.StringArray);
                stream.Flush(flushToDisk: true);
            }

            File.Move(fresh, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new KeyringException($"the keyring file '{path}' cannot be written ({error.Message}); make its directory writable for this process");
        }
    }
}

[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(string[]))]
internal sealed partial class KeyringJson : JsonSerializerContext;
