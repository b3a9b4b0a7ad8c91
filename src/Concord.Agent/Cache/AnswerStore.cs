using System.Security.Cryptography;
using Google.Protobuf;

namespace Concord.Agent.Cache;

/// <summary>
/// The last answer to each question that processes of this host have asked, on disk, for when the servers are away. A file for each,
/// readable by the agent's user alone: answers may hold secrets. Safe to use from any thread.
/// </summary>
internal sealed class AnswerStore
{
    /// <summary>Different questions that are remembered. A host asks for some dozen views; whoever asks for ever new ones is not remembered beyond this.</summary>
    private const int FilesMax = 4096;

    private readonly string _folder;
    private readonly AgentLog _log;
    private readonly Lock _lock = new();

    /// <summary>Hashes of what this run has written: an answer that is the same again costs no write.</summary>
    private readonly Dictionary<string, byte[]> _written = [];
    private int _files;

    public AnswerStore(AgentOptions options, AgentLog log)
    {
        _folder = Path.Combine(options.DataDir, "answers");
        _log = log;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_folder);
        }
        else
        {
            Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        _files = Directory.EnumerateFiles(_folder).Count();
    }

    /// <param name="kind">Which method.</param>
    /// <param name="question">The request; equal ones have equal answers.</param>
    public void Remember(string kind, IMessage question, IMessage answer)
    {
        var path = PathOf(kind, question);
        var fresh = path + ".new";
        var bytes = answer.ToByteArray();
        var hash = SHA256.HashData(bytes);
        lock (_lock)
        {
            try
            {
                if (_written.TryGetValue(path, out var before) && before.AsSpan().SequenceEqual(hash))
                {
                    return;
                }

                var isNew = !File.Exists(path);
                if (isNew && _files >= FilesMax)
                {
                    return;
                }

                var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
                if (!OperatingSystem.IsWindows())
                {
                    options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                }

                // The checksum comes first: what a crash left half written is nothing.
                using (var stream = new FileStream(fresh, options))
                {
                    stream.Write(hash);
                    stream.Write(bytes);
                }

                File.Move(fresh, path, overwrite: true);
                _files += isNew ? 1 : 0;
                _written[path] = hash;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                _log.NotRemembered(path, error.Message);
            }
        }
    }

    /// <summary>Null: never asked, or not kept.</summary>
    public T? Recall<T>(string kind, IMessage question, MessageParser<T> parser)
        where T : class, IMessage<T>
    {
        try
        {
            var bytes = File.ReadAllBytes(PathOf(kind, question));
            var content = bytes.AsSpan(Math.Min(SHA256.HashSizeInBytes, bytes.Length));
            return bytes.Length >= SHA256.HashSizeInBytes && SHA256.HashData(content).AsSpan().SequenceEqual(bytes.AsSpan(0, SHA256.HashSizeInBytes))
                ? parser.ParseFrom(content)
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private string PathOf(string kind, IMessage question)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(kind + "\0"));
        hash.AppendData(Bytes(question));
        return Path.Combine(_folder, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>The same for equal messages, also where they hold maps.</summary>
    private static byte[] Bytes(IMessage message)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true) { Deterministic = true })
        {
            message.WriteTo(output);
        }

        return stream.ToArray();
    }
}
