namespace Concord.Client.Users;

/// <param name="Enabled">Every call has to name a user.</param>
/// <param name="Revision">Counts the changes of users, roles and permissions.</param>
public sealed record AccessStatus(bool Enabled, ulong Revision);
