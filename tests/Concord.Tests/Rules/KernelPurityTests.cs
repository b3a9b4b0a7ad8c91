using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Concord.Tests.Rules;

/// <summary>
/// The kernel is synchronous and deterministic. The banned-symbol analyzer says so while one types; this scan of the
/// compiled references also catches what the compiler adds (`lock`, async state machines, event accessors) and
/// what a pragma hides.
/// </summary>
public sealed class KernelPurityTests
{
    private static readonly string[] BannedNamespaces =
        ["System.IO", "System.Net", "System.Threading", "System.Timers", "System.Diagnostics.Tracing", "Microsoft"];

    private static readonly string[] BannedTypes =
    [
        "System.DateTime", "System.DateTimeOffset", "System.TimeProvider", "System.Random", "System.HashCode", "System.Console",
        "System.Diagnostics.Stopwatch", "System.Security.Cryptography.RandomNumberGenerator",
    ];

    private static readonly string[] BannedMembers =
        ["System.Environment.get_TickCount", "System.Environment.get_TickCount64", "System.Guid.NewGuid", "System.String.GetHashCode"];

    public static TheoryData<string> Kernel => [.. Repository.Projects
        .Where(project => File.ReadAllText(project.Value).Contains("<IsKernel>true</IsKernel>", StringComparison.Ordinal))
        .Select(project => project.Key)];

    [Fact]
    public void The_kernel_is_the_projects_that_the_house_plan_names() =>
        Assert.Superset(new HashSet<string> { "Concord.Raft", "Concord.Gossip", "Concord.Mvcc", "Concord.Node" }, Kernel.Select(row => row.Data).ToHashSet());

    [Theory]
    [MemberData(nameof(Kernel))]
    public void A_kernel_assembly_references_nothing_impure(string project)
    {
        using var image = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, project + ".dll")));
        var violations = Violations(image.GetMetadataReader()).Distinct().Order(StringComparer.Ordinal).ToList();

        Assert.True(violations.Count == 0, $"{project} uses {string.Join(", ", violations)}");
    }

    [Fact]
    public void The_scan_notices_impure_code()
    {
        using var image = new PEReader(File.OpenRead(typeof(KernelPurityTests).Assembly.Location));
        var found = Violations(image.GetMetadataReader()).ToHashSet();

        Assert.Contains("System.IO.File", found);
        Assert.Contains("System.Threading.Tasks.Task", found);
    }

    private static IEnumerable<string> Violations(MetadataReader reader)
    {
        foreach (var handle in reader.TypeReferences)
        {
            var name = NameOf(reader, handle);
            if (BannedTypes.Contains(name) || BannedNamespaces.Any(banned => name.StartsWith(banned + ".", StringComparison.Ordinal)))
            {
                yield return name;
            }
        }

        foreach (var handle in reader.MemberReferences)
        {
            var member = reader.GetMemberReference(handle);
            if (member.Parent.Kind == HandleKind.TypeReference)
            {
                var name = $"{NameOf(reader, (TypeReferenceHandle)member.Parent)}.{reader.GetString(member.Name)}";
                if (BannedMembers.Contains(name))
                {
                    yield return name;
                }
            }
        }
    }

    private static string NameOf(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        return type.Namespace.IsNil && type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{NameOf(reader, (TypeReferenceHandle)type.ResolutionScope)}.{reader.GetString(type.Name)}"
            : $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
    }
}
