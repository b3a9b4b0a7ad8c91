using Microsoft.Data.Sqlite;

namespace Fencing;

/// <summary>
/// A table in a database that knows nothing of Concord, written only by whoever holds the newest turn. Every write shows its fencing token; the database
/// remembers the largest one for the resource and refuses smaller ones, in the transaction of the write itself. So it does not matter how long a holder
/// was frozen, or what any clock says.
/// </summary>
internal sealed class FencedTable : IDisposable
{
    private readonly SqliteConnection _database;

    public FencedTable(string file)
    {
        _database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file }.ToString());
        _database.Open();
        using var create = _database.CreateCommand();
        create.CommandText = """
            CREATE TABLE IF NOT EXISTS fences (resource TEXT PRIMARY KEY, token INTEGER NOT NULL) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS reports (name TEXT PRIMARY KEY, content TEXT NOT NULL, token INTEGER NOT NULL) WITHOUT ROWID;
            """;
        create.ExecuteNonQuery();
    }

    /// <summary>Writes a report as the holder of a turn.</summary>
    /// <exception cref="StaleTokenException">Somebody with a newer turn was here; nothing is written.</exception>
    public void Write(string resource, long token, string name, string content)
    {
        // IMMEDIATE, which Microsoft.Data.Sqlite begins with: two writers cannot both have looked before either has written.
        using var transaction = _database.BeginTransaction();
        using var fence = _database.CreateCommand();
        fence.Transaction = transaction;
        fence.CommandText = """
            INSERT INTO fences (resource, token) VALUES ($resource, $token)
            ON CONFLICT (resource) DO UPDATE SET token = excluded.token WHERE excluded.token >= fences.token
            """;
        fence.Parameters.AddWithValue("$resource", resource);
        fence.Parameters.AddWithValue("$token", token);
        if (fence.ExecuteNonQuery() == 0)
            throw new StaleTokenException(resource, token, TokenOf(resource, transaction));
        using var write = _database.CreateCommand();
        write.Transaction = transaction;
        write.CommandText = """
            INSERT INTO reports (name, content, token) VALUES ($name, $content, $token)
            ON CONFLICT (name) DO UPDATE SET content = excluded.content, token = excluded.token
            """;
        write.Parameters.AddWithValue("$name", name);
        write.Parameters.AddWithValue("$content", content);
        write.Parameters.AddWithValue("$token", token);
        write.ExecuteNonQuery();
        transaction.Commit();
    }

    /// <summary>Null if there is no such report.</summary>
    public string? Read(string name)
    {
        using var read = _database.CreateCommand();
        read.CommandText = "SELECT content FROM reports WHERE name = $name";
        read.Parameters.AddWithValue("$name", name);
        return read.ExecuteScalar() as string;
    }

    public void Dispose() => _database.Dispose();

    private long TokenOf(string resource, SqliteTransaction transaction)
    {
        using var read = _database.CreateCommand();
        read.Transaction = transaction;
        read.CommandText = "SELECT token FROM fences WHERE resource = $resource";
        read.Parameters.AddWithValue("$resource", resource);
        return (long)read.ExecuteScalar()!;
    }
}
