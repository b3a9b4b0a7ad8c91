using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Concord.Server.Configs.Model;
using Concord.Server.Configs.Views;

namespace Concord.Server.Configs.Push;

/// <summary>
/// Events as server-sent events (WHATWG HTML, section 9.2): <c>view</c>, <c>delta</c> and <c>heartbeat</c>, each with the
/// revision to resume from as its id and one line of JSON; and <c>refusal</c>, which has none and is the last.
/// </summary>
internal static class WatchEventText
{
    public static byte[] Encode(WatchEvent next)
    {
        var buffer = new ArrayBufferWriter<byte>();
        switch (next)
        {
            case WatchEvent.Full full:
                Begin(buffer, "view", full.View.Revision);
                Write(buffer, json => View(json, full.View));
                break;
            case WatchEvent.Delta delta:
                Begin(buffer, "delta", delta.View.Revision);
                Write(buffer, json => Delta(json, delta));
                break;
            case WatchEvent.Heartbeat heartbeat:
                Begin(buffer, "heartbeat", heartbeat.Revision);
                Write(buffer, json => json.WriteNumber("revision", heartbeat.Revision));
                break;
            case WatchEvent.Refusal refusal:
                buffer.Write("event: refusal\ndata: "u8);
                Write(buffer, json => Refusal(json, refusal.Error));
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        buffer.Write("\n\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Begin(ArrayBufferWriter<byte> buffer, string name, long revision) =>
        buffer.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"event: {name}\nid: {revision}\ndata: ")));

    private static void Write(ArrayBufferWriter<byte> buffer, Action<Utf8JsonWriter> members)
    {
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    }

    private static void Refusal(Utf8JsonWriter json, ConfigError error)
    {
        json.WriteString("code", error.Code.Word());
        json.WriteString("detail", error.Message);
        json.WriteString("remedy", error.Remedy);
    }

    private static void View(Utf8JsonWriter json, ResolvedView view)
    {
        Head(json, view);
        json.WriteStartObject("settings");
        foreach (var setting in view.Settings)
        {
            json.WriteString(setting.Key, setting.Value);
        }

        json.WriteEndObject();
        Texts(json, "problems", view.ProblemTexts());
    }

    private static void Delta(Utf8JsonWriter json, WatchEvent.Delta delta)
    {
        json.WriteString("fromVersion", delta.FromVersion);
        Head(json, delta.View);
        json.WriteStartObject("set");
        foreach (var setting in delta.Changes.Set)
        {
            json.WriteString(setting.Key, setting.Value);
        }

        json.WriteEndObject();
        Texts(json, "removed", delta.Changes.Removed);
        Texts(json, "problems", delta.View.ProblemTexts());
    }

    private static void Head(Utf8JsonWriter json, ResolvedView view)
    {
        json.WriteString("version", view.Version);
        json.WriteNumber("release", view.Release);
        json.WriteNumber("revision", view.Revision);
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
