using System.Runtime.CompilerServices;
using Concord.Mvcc;
using Concord.Server.Registry.Records;

namespace Concord.Server.Registry.Views;

/// <summary>
/// Decoded records by the version of the key that holds them: versions never change and views share them, so a record is decoded
/// once however often a view is resolved, and forgotten with its version.
/// </summary>
internal static class RecordCache
{
    private static readonly ConditionalWeakTable<KeyVersion, InstanceRecord> Instances = [];

    public static InstanceRecord Instance(KeyVersion item) => Instances.GetValue(item, static one => RegistryRecords.DecodeInstance(one.ValueSpan));
}
