using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Concord.Server.Registry.Records;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(InstanceRecord))]
[JsonSerializable(typeof(MaintenanceRecord))]
[JsonSerializable(typeof(ServiceRecord))]
internal sealed partial class RegistryRecordsJson : JsonSerializerContext;

internal static class RegistryRecords
{
    /// <summary>Without the escapes that HTML needs: the store is not a web page.</summary>
    private static readonly RegistryRecordsJson Json = new(new JsonSerializerOptions(RegistryRecordsJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static byte[] Encode(InstanceRecord instance) => JsonSerializer.SerializeToUtf8Bytes(instance, Json.InstanceRecord);

    public static byte[] Encode(MaintenanceRecord maintenance) => JsonSerializer.SerializeToUtf8Bytes(maintenance, Json.MaintenanceRecord);

    public static byte[] Encode(ServiceRecord service) => JsonSerializer.SerializeToUtf8Bytes(service, Json.ServiceRecord);

    public static InstanceRecord DecodeInstance(ReadOnlySpan<byte> value) => JsonSerializer.Deserialize(value, Json.InstanceRecord)!;

    public static MaintenanceRecord DecodeMaintenance(ReadOnlySpan<byte> value) => JsonSerializer.Deserialize(value, Json.MaintenanceRecord)!;

    public static ServiceRecord DecodeService(ReadOnlySpan<byte> value) => JsonSerializer.Deserialize(value, Json.ServiceRecord)!;
}
