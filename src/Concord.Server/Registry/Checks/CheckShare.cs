using System.Text;

namespace Concord.Server.Registry.Checks;

/// <summary>
/// Which member checks an instance: the one whose name and the instance's hash highest together (rendezvous hashing; Thaler and
/// Ravishankar, 1998). All members come to the same answer without a word, and when one goes only its own instances move.
/// </summary>
internal static class CheckShare
{
    /// <summary>Null if there is none.</summary>
    public static string? Of(string service, string id, IReadOnlyList<string> members)
    {
        string? best = null;
        ulong highest = 0;
        foreach (var member in members)
        {
            var hash = Hash($"{member}/{service}/{id}");
            if (best is null || hash > highest || (hash == highest && string.CompareOrdinal(member, best) > 0))
            {
                (best, highest) = (member, hash);
            }
        }

        return best;
    }

    /// <summary>FNV-1a, then the finish of SplitMix64, which FNV lacks: its upper bits hardly depend on the last letters.</summary>
    private static ulong Hash(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var one in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ one) * 1099511628211UL;
        }

        hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9UL;
        hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebUL;
        return hash ^ (hash >> 31);
    }
}
