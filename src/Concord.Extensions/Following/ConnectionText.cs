namespace Concord.Extensions.Following;

/// <summary>
/// A connection string: addresses as <see cref="Concord.Client.ConcordEndpoints.Parse"/> reads them, and with semicolons between
/// the parts <c>User=</c> and <c>Password=</c>. A password may hold anything but a semicolon.
/// </summary>
internal sealed record ConnectionText(string Endpoints, string? User, string? Password)
{
    public static ConnectionText Parse(string? text)
    {
        var endpoints = new List<string>();
        string? user = null;
        string? password = null;
        foreach (var part in (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (Value(part, "User") is { } name)
                user = name;
            else if (Value(part, "Password") is { } secret)
                password = secret;
            else
                endpoints.Add(Value(part, "Endpoints") ?? part);
        }

        return new(string.Join(';', endpoints), user, password);
    }

    private static string? Value(string part, string name) =>
        part.Length > name.Length && part[name.Length] == '=' && part.StartsWith(name, StringComparison.OrdinalIgnoreCase)
            ? part[(name.Length + 1)..]
            : null;
}
