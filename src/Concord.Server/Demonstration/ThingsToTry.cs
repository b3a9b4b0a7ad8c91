namespace Concord.Server.Demonstration;

/// <summary>What `--dev` prints: three commands that work when pasted into another terminal, and where to look further.</summary>
internal static class ThingsToTry
{
    public static string For(Uri address)
    {
        var url = address.GetLeftPart(UriPartial.Authority);
        // In a clone the tool is run from its source; installed, it is on the path.
        var inClone = File.Exists("src/Concord.Cli/Concord.Cli.csproj");
        var concord = inClone ? "dotnet run --project src/Concord.Cli --" : "concord";
        // The tool finds a server on the usual port by itself.
        var endpoint = address.Port == 2379 ? "" : $" --endpoints {url}";
        return $"""

            Concord is running at {url} with a demonstration application in it. Three things to try in other terminals:

              1. What does the service "orders" get in "dev", and from where?
                 {concord} config explain orders/dev{endpoint}

              2. Follow it live (leave this running, it shows what the next command changes):
                 curl -sN {url}/v1/apps/orders/dev/effective/watch

              3. Change the discount and publish it:
                 {concord} config put orders/dev Pricing:Discount=0.25{endpoint} && {concord} config publish orders/dev -m "Try it"{endpoint}
            {(inClone ? $"\n  A real service that follows it:  CONCORD_ENDPOINTS={url} dotnet run --project samples/Orders" : "")}
              API, to read and to try in the browser:  {url}/docs
              Stop with Ctrl+C.

            """;
    }
}
