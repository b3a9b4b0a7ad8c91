using System.Globalization;
using Concord.Mvcc;

namespace Concord.Tests.Mvcc;

/// <summary>Answers of the key space as text, so that a difference can be read.</summary>
internal static class Text
{
    public static byte[] Bytes(string text) => System.Text.Encoding.Latin1.GetBytes(text);

    public static string Of(ReadOnlySpan<byte> bytes)
    {
        var text = new System.Text.StringBuilder();
        foreach (var one in bytes)
        {
            _ = one is > 32 and < 127 ? text.Append((char)one) : text.Append(CultureInfo.InvariantCulture, $"\\{one:x2}");
        }

        return text.ToString();
    }

    public static string Pair(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long create, long mod, int sub, long version, LeaseId lease) =>
        version == 0
            ? $"{Of(key)} deleted@{mod}.{sub}"
            : $"{Of(key)}={Of(value)} created@{create} @{mod}.{sub} v{version}" + (lease.IsNone ? "" : $" lease {lease}");

    public static string Of(KeyVersion? item) => item is null
        ? "none"
        : Pair(item.KeySpan, item.ValueSpan, item.CreateRevision, item.ModRevision, item.SubRevision, item.Version, item.Lease);

    public static string Of(IEnumerable<KeyVersion> items) => "[" + string.Join(", ", items.Select(Of)) + "]";

    public static string Of(OperationResult? result) => result switch
    {
        null => "-",
        PutResult put => $"put({Of(put.Previous)})",
        DeleteResult delete => $"delete({delete.Deleted} {Of(delete.Previous)})",
        RangeResult range => $"range({Of(range.Items)} count {range.Count}{(range.More ? " more" : "")})",
        TransactionResult transaction => $"txn({transaction.Succeeded} {string.Join("; ", transaction.Results.Select(Of))})",
        _ => throw new ArgumentOutOfRangeException(nameof(result)),
    };

    public static string Of(CommandResult result) => $"{result.Error} @{result.Revision} {Of(result.Result)}";

    public static string Of(StoreError error, OperationResult? result) => $"{error} {Of(result)}";
}
