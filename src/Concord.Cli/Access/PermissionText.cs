using System.CommandLine;
using Concord.Cli.Kv;
using Concord.Client.Kv;
using Concord.Client.Users;

namespace Concord.Cli.Access;

/// <summary>Permissions as people read and write them.</summary>
internal static class PermissionText
{
    public static Argument<KeyAccess> AccessArgument()
    {
        var argument = new Argument<KeyAccess>("ACCESS")
        {
            Description = "read, write or readwrite",
            CustomParser = result =>
            {
                if (Parse(result.Tokens.Single().Value) is { } access)
                    return access;
                result.AddError($"'{result.Tokens.Single().Value}' is no access: write read, write or readwrite");
                return default;
            },
        };
        argument.CompletionSources.Add("read", "write", "readwrite");
        return argument;
    }

    public static string WordOf(KeyAccess access) => access switch
    {
        KeyAccess.Read => "read",
        KeyAccess.Write => "write",
        _ => "readwrite",
    };

    /// <summary>One key, "prefix*", "from …", or "from up to but without".</summary>
    public static string KeysOf(KeyRange range)
    {
        var start = KvEncoding.Text.Show(range.Start);
        if (range.IsSingle)
            return start;
        if (IsToEnd(range))
            return range.Start.Span is [0] || range.Start.IsEmpty ? "every key" : $"{start} and every key after it";
        return range == KeyRange.Prefix(range.Start) ? $"{start}*" : $"{start} up to {KvEncoding.Text.Show(range.End)}, without that";
    }

    public static PermissionJson ToJson(KeyPermission permission)
    {
        var toEnd = IsToEnd(permission.Range);
        var encoding = KvEncoding.Text.ForJson(permission.Range.Start, permission.Range.End);
        return new()
        {
            Access = WordOf(permission.Access),
            Encoding = KvEncodings.NameOf(encoding),
            Key = encoding.Exact(permission.Range.Start),
            End = permission.Range.IsSingle || toEnd ? null : encoding.Exact(permission.Range.End),
            ToEnd = toEnd ? true : null,
        };
    }

    private static bool IsToEnd(KeyRange range) => range.End.Span is [0];

    private static KeyAccess? Parse(string text) => text.ToLowerInvariant() switch
    {
        "read" or "r" => KeyAccess.Read,
        "write" or "w" => KeyAccess.Write,
        "readwrite" or "rw" => KeyAccess.ReadWrite,
        _ => null,
    };
}
